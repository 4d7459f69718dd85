// peak_memory FILE COMMAND...: runs a command and writes into FILE how many KiB of memory it had at most. Exits as the
// command does.

#include <cstdio>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char** arguments) {
  if (count < 3) {
    std::fputs("usage: peak_memory FILE COMMAND...\n", stderr);
    return 2;
  }
  const pid_t child = fork();
  if (child == 0) {
    execvp(arguments[2], arguments + 2);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status)) return 1;
  std::FILE* const out = std::fopen(arguments[1], "w");
  if (out == nullptr || std::fputs((std::to_string(usage.ru_maxrss) + "\n").c_str(), out) < 0 ||
      std::fclose(out) != 0) {
    return 1;
  }
  return WEXITSTATUS(status);
}
