package lyceum.backend.device;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Work given to a device's streams, and when each piece of it runs.
 *
 * <p>The CPU issues pieces one after the other, a {@link DeviceModel#launch} each, and does not wait for them. A stream does its pieces in their order, and
 * waits for pieces of other streams where it is told to. Kernels share one engine, copies one or one each way; an engine takes its pieces in the
 * order of their issue, as hardware queues do, so that a piece that waits holds up those behind it.
 *
 * {@snippet :
 * var device = new DeviceSimulation(DeviceModel.H100);
 * var x = device.copyIn(0, 1 << 20);
 * var y = device.kernel(1, 1e9, 1e6, x); // in another stream, after x
 * device.copyOut(1, 1 << 20);
 * long picoseconds = device.run().makespan();
 * }
 */
public final class DeviceSimulation {
    /** What does pieces one at a time. */
    public enum Engine {
        CPU, KERNELS, COPY_IN, COPY_OUT
    }

    /** A piece of work. @param id its number in the order of issue; {@code time} in picoseconds */
    public record Piece(int id, Engine engine, int stream, long time, List<Piece> after) {}

    /**
     * When the pieces ran, in picoseconds from the first issue.
     *
     * @param pieces in the order of issue, as {@code starts} and {@code ends} are
     * @param turns  of each engine, as pairs of start and end, launches among the CPU's
     */
    public record Schedule(List<Piece> pieces, long[] starts, long[] ends, Map<Engine, List<long[]>> turns, long makespan) {
        /** Start and end of each turn of an engine, in order. */
        public List<long[]> turns(Engine engine) { return turns.get(engine); }

        /** How long an engine worked. */
        public long busy(Engine engine) { return turns(engine).stream().mapToLong(turn -> turn[1] - turn[0]).sum(); }
    }

    private final DeviceModel model;
    private final List<Piece> pieces = new ArrayList<>();

    public DeviceSimulation(DeviceModel model) { this.model = model; }

    /** A kernel by its arithmetic operations and the bytes that it moves in the device's memory. @param after pieces that must be done before */
    public Piece kernel(int stream, double operations, double bytes, Piece... after) {
        return issue(Engine.KERNELS, stream, model.kernelTime(operations, bytes), after);
    }

    public Piece copyIn(int stream, double bytes, Piece... after) { return issue(Engine.COPY_IN, stream, model.busTime(bytes), after); }

    public Piece copyOut(int stream, double bytes, Piece... after) {
        return issue(model.copyEngines() == 1 ? Engine.COPY_IN : Engine.COPY_OUT, stream, model.busTime(bytes), after);
    }

    /** Work of the CPU itself, which issues nothing meanwhile. @param time in picoseconds */
    public Piece onCpu(long time, Piece... after) { return issue(Engine.CPU, -1, time, after); }

    /** A piece of known time. @throws IllegalArgumentException if the time is negative, or {@code after} has a piece of another simulation */
    public Piece issue(Engine engine, int stream, long time, Piece... after) {
        if (time < 0) throw new IllegalArgumentException("a piece of " + time + " picoseconds; at least 0");
        for (var p : after)
            if (p.id >= pieces.size() || pieces.get(p.id) != p)
                throw new IllegalArgumentException("piece " + p.id + " is none of this simulation's");
        var piece = new Piece(pieces.size(), engine, stream, time, List.of(after));
        pieces.add(piece);
        return piece;
    }

    /** In the order of issue. */
    public List<Piece> pieces() { return List.copyOf(pieces); }

    /**
     * {@code batches} equal ones that are copied in, worked on and copied out, with as many in flight as there are {@code buffers}: each has its stream. Copies
     * in are issued ahead of the copies out that they do not need, since with one copy engine those would hold them up.
     */
    public void pipeline(int batches, long in, long work, long out, int buffers) {
        if (batches < 1 || buffers < 1)
            throw new IllegalArgumentException("pipeline of " + batches + " batches and " + buffers + " buffers; at least 1");
        var outs = new Piece[batches];
        var works = new Piece[batches];
        int ahead = buffers - 1;
        for (int i = 0; i < batches + ahead; i++) {
            if (i < batches) {
                var free = i >= buffers ? new Piece[] {outs[i - buffers]} : new Piece[0];
                issue(Engine.COPY_IN, i % buffers, in, free);
                works[i] = issue(Engine.KERNELS, i % buffers, work);
            }
            int done = i - ahead;
            if (done >= 0)
                outs[done] = issue(model.copyEngines() == 1 ? Engine.COPY_IN : Engine.COPY_OUT, done % buffers, out, works[done]);
        }
    }

    /** Runs it, from event to event. */
    public Schedule run() { return new Run().events(); }

    /** A piece of the CPU that hands a piece over has the negative number {@code -1 - id}. */
    private record Event(long time, int order, int piece) {}

    private final class Run {
        private final long[] starts = new long[pieces.size()], ends = new long[pieces.size()];
        private final Map<Engine, List<long[]>> turns = new EnumMap<>(Engine.class);
        private final int[] waitsFor = new int[pieces.size()];
        private final List<List<Integer>> wakes = new ArrayList<>();
        private final List<ArrayDeque<Integer>> queues = new ArrayList<>();
        private final boolean[] working = new boolean[Engine.values().length];
        private final PriorityQueue<Event> events = new PriorityQueue<>(
                Comparator.comparingLong(Event::time).thenComparingInt(Event::order));
        private int order;

        Run() {
            for (var engine : Engine.values()) {
                queues.add(new ArrayDeque<>());
                turns.put(engine, new ArrayList<>());
            }
            var last = new HashMap<Integer, Integer>();
            for (var p : pieces) {
                wakes.add(new ArrayList<>());
                for (var before : p.after) waitFor(p.id, before.id);
                if (p.engine == Engine.CPU) {
                    queues.get(0).add(p.id);
                    continue;
                }
                var previous = last.put(p.stream, p.id);
                if (previous != null) waitFor(p.id, previous);
                queues.get(0).add(-1 - p.id); // its launch
                waitsFor[p.id]++;
                queues.get(p.engine.ordinal()).add(p.id);
            }
        }

        private void waitFor(int piece, int before) {
            wakes.get(before).add(piece);
            waitsFor[piece]++;
        }

        Schedule events() {
            for (int e = 0; e < working.length; e++) startNext(e, 0);
            long now = 0;
            while (!events.isEmpty()) {
                var event = events.poll();
                now = event.time;
                boolean launch = event.piece < 0;
                int id = launch ? -1 - event.piece : event.piece;
                int engine = launch ? 0 : pieces.get(id).engine.ordinal();
                working[engine] = false;
                if (launch) waitsFor[id]--;
                else for (int woken : wakes.get(id)) waitsFor[woken]--;
                for (int e = 0; e < working.length; e++) startNext(e, now);
            }
            return new Schedule(pieces(), starts, ends, turns, Arrays.stream(ends).max().orElse(0));
        }

        /** An idle engine takes the first of its queue, if that waits for nothing. */
        private void startNext(int engine, long now) {
            var queue = queues.get(engine);
            if (working[engine] || queue.isEmpty()) return;
            int next = queue.peek();
            boolean launch = next < 0;
            if (!launch && waitsFor[next] > 0) return;
            queue.poll();
            working[engine] = true;
            long time = launch ? model.launch() : pieces.get(next).time;
            turns.get(Engine.values()[engine]).add(new long[] {now, now + time});
            if (!launch) {
                starts[next] = now;
                ends[next] = now + time;
            }
            events.add(new Event(now + time, order++, next));
        }
    }
}
