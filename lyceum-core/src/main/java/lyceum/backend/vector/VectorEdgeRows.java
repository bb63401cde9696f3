package lyceum.backend.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import lyceum.backend.EdgeRows;

/** Vectors of eight lanes; heads that are no whole vectors go by plain loops. */
final class VectorEdgeRows implements EdgeRows {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_256;
    private static final int LANES = 8;
    /** Which lane is added to each, in three steps. */
    private static final VectorShuffle<Float> FOURS = crossed(4), TWOS = crossed(2), ONES = crossed(1);

    private final EdgeRows plain = new Plain();

    /** @throws IllegalStateException if the CPU has no vectors of eight floats */
    VectorEdgeRows() {
        if (FloatVector.SPECIES_PREFERRED.length() < LANES)
            throw new IllegalStateException("this CPU's vectors hold " + FloatVector.SPECIES_PREFERRED.length() + " floats");
    }

    private static VectorShuffle<Float> crossed(int distance) { return VectorShuffle.fromOp(F, lane -> lane ^ distance); }

    private static FloatVector at(MemorySegment x, long i) { return FloatVector.fromMemorySegment(F, x, 4 * i, ByteOrder.nativeOrder()); }

    private static void put(FloatVector value, MemorySegment x, long i) { value.intoMemorySegment(x, 4 * i, ByteOrder.nativeOrder()); }

    private static float one(MemorySegment x, long i) { return x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * i); }

    private static void put(float value, MemorySegment x, long i) { x.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * i, value); }

    private static void clear(MemorySegment x, long from, int numbers) {
        var zero = FloatVector.zero(F);
        for (int k = 0; k < numbers; k += LANES) put(zero, x, from + k);
    }

    private static float sum(FloatVector s) {
        s = s.add(s.rearrange(FOURS));
        s = s.add(s.rearrange(TWOS));
        return s.add(s.rearrange(ONES)).lane(0);
    }

    @Override public void sum(Edges edges, int first, int end, MemorySegment w, MemorySegment x, MemorySegment to) {
        int heads = edges.heads(), d = edges.width(), f = heads * d;
        if (d % LANES != 0) {
            plain.sum(edges, first, end, w, x, to);
            return;
        }
        int[] start = edges.start(), from = edges.from();
        for (int i = first; i < end; i++) {
            long write = (long) i * f;
            clear(to, write, f);
            for (int j = start[i]; j < start[i + 1]; j++) {
                long weight = (long) edges.at(j) * heads, read = (long) from[j] * f;
                for (int h = 0; h < heads; h++) {
                    var a = FloatVector.broadcast(F, one(w, weight + h));
                    for (int k = h * d; k < (h + 1) * d; k += LANES) put(at(to, write + k).add(a.mul(at(x, read + k))), to, write + k);
                }
            }
        }
    }

    @Override public void dots(Edges edges, int first, int end, MemorySegment a, MemorySegment b, MemorySegment to) {
        int heads = edges.heads(), d = edges.width(), f = heads * d;
        if (d % LANES != 0) {
            plain.dots(edges, first, end, a, b, to);
            return;
        }
        int[] start = edges.start(), from = edges.from();
        for (int i = first; i < end; i++) for (int j = start[i]; j < start[i + 1]; j++) {
            long write = (long) edges.at(j) * heads, p = (long) i * f, q = (long) from[j] * f;
            for (int h = 0; h < heads; h++) {
                var s = FloatVector.zero(F);
                for (int k = h * d; k < (h + 1) * d; k += LANES) s = s.add(at(a, p + k).mul(at(b, q + k)));
                put(sum(s), to, write + h);
            }
        }
    }

    @Override public void scores(Edges edges, int first, int end, float slope, MemorySegment a, MemorySegment b, MemorySegment v,
            MemorySegment to) {
        int heads = edges.heads(), d = edges.width(), f = heads * d;
        if (d % LANES != 0) {
            plain.scores(edges, first, end, slope, a, b, v, to);
            return;
        }
        int[] start = edges.start(), from = edges.from();
        for (int i = first; i < end; i++) for (int j = start[i]; j < start[i + 1]; j++) {
            long write = (long) edges.at(j) * heads, p = (long) i * f, q = (long) from[j] * f;
            for (int h = 0; h < heads; h++) {
                var s = FloatVector.zero(F);
                for (int k = h * d; k < (h + 1) * d; k += LANES) {
                    var z = at(a, p + k).add(at(b, q + k));
                    s = s.add(at(v, k).mul(z.max(z.mul(slope))));
                }
                put(sum(s), to, write + h);
            }
        }
    }

    @Override public void slopes(Edges edges, int first, int end, float slope, MemorySegment w, MemorySegment a, MemorySegment b,
            MemorySegment to) {
        int heads = edges.heads(), d = edges.width(), f = heads * d;
        if (d % LANES != 0) {
            plain.slopes(edges, first, end, slope, w, a, b, to);
            return;
        }
        int[] start = edges.start(), from = edges.from();
        for (int i = first; i < end; i++) {
            long p = (long) i * f;
            clear(to, p, f);
            for (int j = start[i]; j < start[i + 1]; j++) {
                long weight = (long) edges.at(j) * heads, q = (long) from[j] * f;
                for (int h = 0; h < heads; h++) {
                    float above = one(w, weight + h);
                    FloatVector high = FloatVector.broadcast(F, above), low = FloatVector.broadcast(F, above * slope);
                    for (int k = h * d; k < (h + 1) * d; k += LANES) {
                        var isAbove = at(a, p + k).add(at(b, q + k)).compare(VectorOperators.GT, 0f);
                        put(at(to, p + k).add(low.blend(high, isAbove)), to, p + k);
                    }
                }
            }
        }
    }
}
