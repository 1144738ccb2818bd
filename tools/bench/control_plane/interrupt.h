// Ctrl-C ends the run between two requests, so that its daemon and its folder go as they do at the
// end.
#pragma once

namespace isthmus::bench::control_plane {

void note_interrupts();       // from here on SIGINT and SIGTERM are noted
void throw_if_interrupted();  // std::runtime_error

}  // namespace isthmus::bench::control_plane
