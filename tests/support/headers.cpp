// Nothing: there to compile the headers that the tests share (CMakeLists.txt).
