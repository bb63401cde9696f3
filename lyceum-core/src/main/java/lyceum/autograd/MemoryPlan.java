package lyceum.autograd;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.autograd.Graph.Call;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;
import lyceum.tensor.GradMode;
import lyceum.tensor.Tensor;

/**
 * Where every value of a graph lives while it runs: one block, in which values whose lifetimes do not overlap share addresses. Element-wise
 * operations run in fused groups whose inner values live nowhere, and write over an operand that dies there; views share their origin's place.
 *
 * <p>Places are found greedily, the largest buffers first, see Pisarchyk and Lee (2020), <i>Efficient Memory Management for Deep Neural Net
 * Inference</i>; then improved until nothing is wasted or patience ends. Inputs and constants are the caller's and not counted. Operations with a gradient of the
 * user's own compute in memory of theirs and are copied in.
 */
public final class MemoryPlan {
    private static final long ALIGNMENT = 64;
    /** The last of the tests' 600 random graphs fits into what an eager run needs after about a hundred; most end after a few, since they waste nothing. */
    private static final int ROUNDS = 240;

    /**
     * A stretch of the block.
     *
     * @param nodes ids, in {@link #graph()}, of the values that live there one after another, each written over the one before
     * @param from step that writes the first
     * @param to last step that reads the last; the number of steps if it is an output
     */
    public record Buffer(List<Integer> nodes, long bytes, int from, int to, long offset) {
        /** True if both are in use during some step. */
        public boolean meets(Buffer other) { return from <= other.to && other.from <= to; }

        /** True if both hold a common byte of the block. */
        public boolean overlaps(Buffer other) { return offset < other.offset + other.bytes && other.offset < offset + bytes; }

        private Buffer at(long offset) { return new Buffer(nodes, bytes, from, to, offset); }
    }

    private final Schedule schedule;
    private final List<Buffer> buffers;
    private final long peak;

    private MemoryPlan(Schedule schedule, List<Buffer> buffers) {
        this.schedule = schedule;
        this.buffers = buffers;
        this.peak = end(buffers);
    }

    static MemoryPlan of(Graph graph) {
        var lowered = Rewriting.dropDead(Rewriting.lower(graph));
        // Fusing saves inner values but holds a group's operands until its last operation: where that costs more, do not fuse.
        Schedule fused = new Schedule(lowered, true), plain = new Schedule(lowered, false);
        MemoryPlan a = new MemoryPlan(fused, packed(fused.buffers())), b = new MemoryPlan(plain, packed(plain.buffers()));
        return a.peak <= b.peak ? a : b;
    }

    /**
     * Large buffers first, or long-lived ones, or early ones; then those that stuck out above what is alive at once get a place earlier, and all are placed again
     * (Joslin and Clements, 1999, <i>Squeaky Wheel Optimization</i>).
     */
    private static List<Buffer> packed(List<Buffer> buffers) {
        long bound = mostAlive(buffers);
        List<Buffer> best = null;
        for (var start : List.<ToDoubleFunction<Buffer>>of(Buffer::bytes, b -> (double) b.bytes * (b.to - b.from + 1), b -> -b.from)) {
            var found = improved(buffers, start, bound);
            if (best == null || end(found) < end(best)) best = found;
            if (end(best) == bound) break;
        }
        return best;
    }

    private static List<Buffer> improved(List<Buffer> buffers, ToDoubleFunction<Buffer> start, long bound) {
        var urgency = new IdentityHashMap<Buffer, Double>();
        for (var buffer : buffers) urgency.put(buffer, start.applyAsDouble(buffer));
        List<Buffer> best = null;
        for (int round = 0; round < ROUNDS && (best == null || end(best) > bound); round++) {
            var order = buffers.stream().sorted(Comparator.comparingDouble(urgency::get).reversed()).toList();
            var placed = placed(order);
            if (best == null || end(placed) < end(best)) best = placed;
            for (int i = 0; i < order.size(); i++) {
                long above = placed.get(i).offset + placed.get(i).bytes - bound;
                if (above > 0) urgency.merge(order.get(i), (double) above, Double::sum);
            }
        }
        return best;
    }

    /** No placement needs less. */
    private static long mostAlive(List<Buffer> buffers) {
        long most = 0;
        for (var buffer : buffers)
            most = Math.max(most,
                    buffers.stream().filter(b -> b.from <= buffer.from && buffer.from <= b.to).mapToLong(Buffer::bytes).sum());
        return most;
    }

    /** Each at the lowest address that is free for its whole life. */
    private static List<Buffer> placed(List<Buffer> order) {
        var placed = new ArrayList<Buffer>();
        for (var buffer : order) {
            var neighbours = placed.stream().filter(buffer::meets).sorted(Comparator.comparingLong(Buffer::offset)).toList();
            long offset = 0;
            for (var neighbour : neighbours) {
                if (offset + buffer.bytes <= neighbour.offset) break;
                offset = Math.max(offset, neighbour.offset + neighbour.bytes);
            }
            placed.add(buffer.at(offset));
        }
        return List.copyOf(placed);
    }

    private static long end(List<Buffer> buffers) { return buffers.stream().mapToLong(b -> b.offset + b.bytes).max().orElse(0); }

    static long aligned(long bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

    /** The graph that the ids of {@link #buffers} are about: the planned one, with softmax in its parts and without dead nodes. */
    public Graph graph() { return schedule.graph(); }

    public List<Buffer> buffers() { return buffers; }

    /** Bytes of the block. */
    public long peakBytes() { return peak; }

    /** What an eager run of the same operations holds at its worst moment, if it frees every value right after its last reader. */
    public long eagerBytes() { return new Schedule(schedule.graph(), false).eagerPeak(); }

    /**
     * The outputs for these inputs. They lie in the block of this run and keep it alive: copy what you want to keep.
     */
    public Tensor[] run(Tensor... arguments) { return run(false, arguments); }

    /** Like {@link #run}; every stretch of the block is filled with 0xFF (NaN, for floats) before its first use and after its last: for tests. */
    public Tensor[] runPoisoned(Tensor... arguments) { return run(true, arguments); }

    private Tensor[] run(boolean poison, Tensor... arguments) {
        var graph = schedule.graph();
        return GradMode.with(false, () -> {
            var values = graph.start(arguments);
            for (int id : graph.inputs()) values[id] = values[id].detach().contiguous();
            var block = Allocator.allocate(Math.max(1, peak));
            var offsets = new long[values.length];
            for (var buffer : buffers) for (int node : buffer.nodes) offsets[node] = buffer.offset;
            if (poison) fill(block, 0, peak);
            for (int i = 0; i < schedule.steps().size(); i++) {
                schedule.steps().get(i).run(graph, values, block, offsets);
                if (!poison) continue;
                for (var buffer : buffers) if (buffer.to == i) fill(block, buffer.offset, buffer.bytes);
            }
            return graph.outputs(values);
        });
    }

    private static void fill(Storage block, long offset, long bytes) {
        block.segment().asSlice(block.base() + offset, bytes).fill((byte) 0xFF);
    }

    /** The steps with the buffers they write: one line each. */
    @Override public String toString() {
        var text = new StringBuilder();
        for (var buffer : buffers.stream().sorted(Comparator.comparingInt(Buffer::from)).toList()) {
            text.append("steps ").append(buffer.from).append(" to ").append(buffer.to).append(": bytes ").append(buffer.offset)
                    .append(" to ").append(buffer.offset + buffer.bytes);
            for (int node : buffer.nodes) text.append(" %").append(node).append(' ').append(((Call) graph().node(node)).text());
            text.append('\n');
        }
        return text.append("peak ").append(peak).append(" bytes\n").toString();
    }
}
