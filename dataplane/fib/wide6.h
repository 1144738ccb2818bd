// Longest-prefix match for one large IPv6 table: the full Internet table, some 200,000 routes.
//
//   root             words                 entries           lines (64 bytes)     extensions
//   bits 0-15        bits 16-31            runs of /32s      bits 32-47           bits 48-63, ...
//   {word, shift} -> {entry, run begins} -> {leaf}
//                                           {line, shift} -> 16 keys, 16 cells -> an entry again
//                                                        `-> 30 keys -> a line
//
// The root leads to 2,048 words of a /16, or to a single one where the /16 has one value. A word
// is 32 /32s: a bit for each that begins a run, and where the entries of its runs stand, so that
// counting bits finds the entry. A /32 of up to 16 ranges is one line, searched by one comparison.
// A larger one is cut into equal pieces: of a line each, where that costs little memory, else of a
// line that leads to lines. No address needs more than two of them for 16 bits. Prefixes longer
// than /48 continue at an extension, by the same means, 16 bits at a time.
//
// The default route is not in the cells: a cell of 0 is answered with View::default_value.
//
// Values: below kValueEnd. Cells have 16 bits as long as all values are below 0x7FFF, and 32 bits
// from the first change on that needs them.
//
// Changes. What readers can reach is never modified, except by one store of an aligned cell: a new
// entry where a /32 keeps its place among its neighbours, a new word where it does not, a new slot
// of the root where several words change, and otherwise a new root (256 KB) and the pointer to the
// view. Every address of a change therefore changes at the same moment, except that the lookups of
// a burst that is under way may stand on either side of a store.
//
// A change within a /32 asks the routes for its own prefix only: what the lines say of the rest is
// copied, up to 32 KB, and the pieces that it touches are written anew. Only where the /32 takes
// another form (wide6_form.h) are all its lines made again. Sizes depend on what the table holds
// and not on how it came about: after any changes it is as large as one that is built anew.
//
// Sources: the word of bitmap and base is poptrie's (H. Asai, Y. Ohara, SIGCOMM 2015); keys of a
// cache line compared at once, as PlanB does.
//
// Threads: prepare, publish, abandon, bytes: the writer. view: any thread; what it gives is valid
// while an rcu::Guard lives that the thread took before. lookup: any thread that holds the view.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/fib/cpu_path.h"
#include "dataplane/fib/rib.h"
#include "dataplane/fib/wide6_kernel.h"
#include "dataplane/net/ip.h"
#include "dataplane/rcu.h"

namespace isthmus::dataplane {

namespace wide6 {
class Change;
struct Generation;
}  // namespace wide6

class Wide6 {
 public:
  using View = wide6::View;
  static constexpr uint32_t kValueEnd = 0x7FFFFFFF;  // the first number that is no value here

  // May a change that is one aligned store be made where readers look now, or does it show only in
  // the next view?
  enum class Visible : uint8_t { InPlace, InNewView };
  class Update;

  // The IPv6 routes of the table. Throws std::bad_alloc; std::length_error for values too large.
  explicit Wide6(const Rib& routes);
  ~Wide6();  // no reader has a view any more
  Wide6(const Wide6&) = delete;
  Wide6& operator=(const Wide6&) = delete;

  View view() const noexcept;

  // Makes what the routes in `after` need where they differ from the table's: in the prefixes
  // `changed`, in any order, of both families; of IPv4 nothing is read. Nothing visible changes.
  // Throws as the constructor does and leaves everything as it was. One update at a time.
  Update prepare(const Rib& after, std::span<const net::Prefix> changed, Visible visible);
  void publish(Update&& update, rcu::GracePeriods& grace) noexcept;
  void abandon(Update&& update) noexcept;

  // Of the nodes that the table consists of, those of a prepared update among them.
  size_t bytes() const noexcept;

 private:
  std::atomic<wide6::Generation*> current_;  // owned; the replaced ones wait for readers in rcu
};

// What prepare() made. Destroying it is abandoning it; the table outlives it.
class Wide6::Update {
 public:
  Update(Update&&) noexcept;
  Update& operator=(Update&&) noexcept;
  ~Update();
  // As readers will have it after publish(). One that was prepared InPlace may show the change only
  // then; the other ones already lead to it.
  View view() const noexcept;

 private:
  friend class Wide6;
  explicit Update(std::unique_ptr<wide6::Change> change) noexcept;
  std::unique_ptr<wide6::Change> change_;
};

// values[i] is the value of the longest prefix that contains addresses[i], 16 bytes in network
// order, or kNoRoute. By cpu_path(); fastest for 64 and more addresses.
void lookup(const Wide6::View& view, const uint8_t (*addresses)[16], uint32_t* values, size_t n);
uint32_t lookup_one(const Wide6::View& view, const uint8_t address[16]);

namespace wide6 {
// The same by a given build of the loops, which the processor has to support.
void lookup(CpuPath path, const View& view, const uint8_t (*addresses)[16], uint32_t* values,
            size_t n);
}  // namespace wide6

}  // namespace isthmus::dataplane
