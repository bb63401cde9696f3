package lyceum.backend;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the time goes: every kernel that runs while a profile is open, on whatever thread, by operation, shape and element type.
 *
 * {@snippet :
 * try (var p = Profile.start()) {
 *     model.fit(x, y);
 *     System.out.println(p);
 *     p.writeTrace(Path.of("fit.json")); // for chrome://tracing or ui.perfetto.dev
 * }
 * }
 *
 * <pre>
 * operation      shape                  type  calls   total ms  share  of roofline
 * matmul         (512, 784) (784, 512)  f32     200      412.0  61.3%          92%
 * mul+add+relu   (512, 512)             f32     200      101.3  15.1%          71%
 * </pre>
 *
 * <p>A chain of element-wise operations that ran as one program is one row. The share of the roofline (Williams, Waterman and Patterson 2009) is
 * the time that the operands would take to cross the memory bus once, or the arithmetic at the peak of fused multiply-adds, whichever is
 * longer, divided by the time taken; bandwidth and peak are measured once, when a table is first asked for ({@link Roofline}). More than 100%
 * means that the caches fed it. A function such as {@code exp} counts as one operation.
 *
 * <p>What is not here is not a kernel: Java between them, waiting, reading files. When no profile is open the cost is one look at a static
 * field for each operation. {@code LYCEUM_PROFILE=1} (or {@code -Dlyceum.profile=1}) profiles the whole run and prints the table to standard
 * error at its end; {@code LYCEUM_PROFILE=run.json} writes the trace as well.
 */
public final class Profile implements AutoCloseable {
    private static final int MOST_EVENTS = 500_000;

    /** What kernels of one kind did, on one shape and type. @param alone true if they were to run on the caller's thread alone */
    private record Kind(String operation, String shape, String type, boolean alone) {}

    /**
     * One line of the table.
     *
     * @param operation  the kernel; a fused chain is named by its operations
     * @param shape      of its operands; of element-wise programs, of the result
     * @param type       element type, as {@code f32}
     * @param calls      how many ran
     * @param seconds    in all
     * @param share      of the time in all kernels, 0 to 1
     * @param bytes      that operands and results have, each counted once a call
     * @param operations arithmetic operations; a fused multiply-add is two
     * @param ofRoofline the least time that this machine needs over the time taken
     */
    public record Row(String operation, String shape, String type, long calls, double seconds, double share, double bytes,
            double operations, double ofRoofline) {}

    /** One call, in nanoseconds from the profile's start. */
    record Event(String operation, String shape, String type, long start, long nanos, long thread) {}

    private static final class Sum {
        long calls, nanos;
        double bytes, operations;
    }

    private final Map<Kind, Sum> sums = new HashMap<>();
    private final List<Event> events = new ArrayList<>();
    private final Map<Long, String> threads = new HashMap<>();
    private final long begun = System.nanoTime();
    private long ended, dropped;

    private Profile() {}

    /** Opens a profile; it sees every kernel until it is closed. Several may be open at once. */
    public static Profile start() {
        var profile = new Profile();
        Profiled.open(profile);
        return profile;
    }

    /** Ends the recording; the figures can still be read. */
    @Override public void close() {
        if (!Profiled.close(this)) return;
        synchronized (this) {
            ended = System.nanoTime();
        }
    }

    synchronized void add(String operation, String shape, String type, boolean alone, long start, long nanos, Work work) {
        var sum = sums.computeIfAbsent(new Kind(operation, shape, type, alone), kind -> new Sum());
        sum.calls++;
        sum.nanos += nanos;
        sum.bytes += work.bytes();
        sum.operations += work.operations();
        if (events.size() >= MOST_EVENTS) {
            dropped++;
            return;
        }
        var thread = Thread.currentThread();
        threads.putIfAbsent(thread.threadId(), thread.getName());
        events.add(new Event(operation, shape, type, start - begun, nanos, thread.threadId()));
    }

    /** Seconds from the start to now, or to the end. */
    public synchronized double seconds() { return ((ended == 0 ? System.nanoTime() : ended) - begun) * 1e-9; }

    /** The figures so far, the largest total first. */
    public List<Row> rows() {
        var roofline = Roofline.measured();
        var rows = new ArrayList<Row>();
        synchronized (this) {
            double all = sums.values().stream().mapToLong(s -> s.nanos).sum() * 1e-9;
            sums.forEach((kind, sum) -> {
                double seconds = sum.nanos * 1e-9, least = roofline.seconds(sum.operations, sum.bytes, kind.type.equals("f64"), kind.alone);
                rows.add(new Row(kind.operation, kind.shape, kind.type, sum.calls, seconds, all > 0 ? seconds / all : 0, sum.bytes,
                        sum.operations, seconds > 0 ? least / seconds : 0));
            });
        }
        rows.sort(Comparator.comparingDouble(Row::seconds).reversed().thenComparing(Row::operation).thenComparing(Row::shape));
        return rows;
    }

    /** The calls one by one, up to half a million, in the trace format of Chrome. */
    public void writeTrace(Path file) throws IOException {
        List<Event> copy;
        Map<Long, String> names;
        long lost;
        synchronized (this) {
            copy = List.copyOf(events);
            names = Map.copyOf(threads);
            lost = dropped;
        }
        ChromeTrace.write(file, copy, names, lost);
    }

    /** The table. */
    @Override public String toString() { return ProfileTable.of(rows(), seconds(), Roofline.measured()); }
}
