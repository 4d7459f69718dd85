#pragma once

/// How the commands end, as their man pages list it.
enum class ExitCode : int {
  done = 0,
  input_errors = 1,
  usage = 2,
  io = 3,
  privilege = 4,
  check_failed = 5,
  interrupted = 130,  ///< 128 and SIGINT
  terminated = 143    ///< 128 and SIGTERM
};
