#pragma once

/// How the command ends, as its man page lists it.
enum class ExitCode : int {
  done = 0,
  usage = 2,
  io = 3,
  privilege = 4,
  interrupted = 130,  ///< 128 and SIGINT
  terminated = 143    ///< 128 and SIGTERM
};
