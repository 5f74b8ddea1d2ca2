/// What jemalloc reads before the program begins (its manual, TUNING): huge pages. What requests
/// touch lies all over the heap, and looking up its small pages would cost a twentieth of the time.
extern "C" {
const char* malloc_conf = "thp:always,metadata_thp:always";
}
