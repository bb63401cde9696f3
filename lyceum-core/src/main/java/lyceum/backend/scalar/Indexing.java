package lyceum.backend.scalar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.StringJoiner;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend.Scan;
import lyceum.backend.Backend.Scatter;
import lyceum.backend.Parallel;
import lyceum.backend.View;

/** Operations that work along one axis of a view: gather, scatter and running reductions. Public for backends that check indices themselves. */
public final class Indexing {
    /** Elements of a lane that are on the heap at once. */
    private static final int BLOCK = 4096;
    private Indexing() {}

    /** An index as counted from the start of an axis of {@code size}. @throws ShapeException if it is out of range */
    static long inRange(String operation, long index, int axis, View of) {
        long size = of.shape()[axis], from = index < 0 ? index + size : index;
        if (from < 0 || from >= size) throw outOfRange(operation, index, axis, of);
        return from;
    }

    public static ShapeException outOfRange(String operation, long index, int axis, View of) {
        var sizes = new StringJoiner(", ", "(", of.shape().length == 1 ? ",)" : ")");
        for (long size : of.shape()) sizes.add(Long.toString(size));
        return new ShapeException(operation + ": index " + index + " is out of range for axis " + axis + " of shape " + sizes);
    }

    private static long grain(long length) { return Math.max(1, 16384 / Math.max(1, length)); }

    /** Shapes of {@code in} and {@code index} differ along the axis only. */
    static void gather(View in, int axis, View index, View out) {
        if (out.size() == 0 || Rows.gather(in, axis, index, out)) return;
        var lanes = AxisLanes.of(axis, index, out, in);
        int bytes = in.dtype().bytes();
        Strided indices = lanes.start()[0], targets = lanes.start()[1], sources = lanes.start()[2];
        Parallel.range(lanes.count(), grain(lanes.length()), lanes.length(), (from, to) -> {
            for (long lane = from; lane < to; lane++) {
                long i = indices.byteOffset(lane), o = targets.byteOffset(lane), s = sources.byteOffset(lane);
                for (long j = 0; j < lanes.length(); j++, i += lanes.stride()[0], o += lanes.stride()[1]) {
                    copy(sources.segment(), s + inRange("gather", indices.segment().get(Elements.LONG, i), axis, in) * lanes.stride()[2],
                            targets.segment(), o, bytes);
                }
            }
        });
    }

    static void copy(MemorySegment source, long from, MemorySegment target, long to, int bytes) {
        switch (bytes) {
            case 1 -> target.set(ValueLayout.JAVA_BYTE, to, source.get(ValueLayout.JAVA_BYTE, from));
            case 2 -> target.set(Elements.SHORT, to, source.get(Elements.SHORT, from));
            case 4 -> target.set(Elements.INT, to, source.get(Elements.INT, from));
            default -> target.set(Elements.LONG, to, source.get(Elements.LONG, from));
        }
    }

    static void scatter(Scatter rule, View in, int axis, View index, View out) {
        if (in.size() == 0 || rule == Scatter.ADD && Rows.add(in, axis, index, out)) return;
        var lanes = AxisLanes.of(axis, index, in, out);
        Strided indices = lanes.start()[0], sources = lanes.start()[1], targets = lanes.start()[2];
        var type = in.dtype();
        Parallel.range(lanes.count(), grain(lanes.length()), lanes.length(), (from, to) -> {
            for (long lane = from; lane < to; lane++) {
                long i = indices.byteOffset(lane), s = sources.byteOffset(lane), o = targets.byteOffset(lane);
                for (long j = 0; j < lanes.length(); j++, i += lanes.stride()[0], s += lanes.stride()[1]) {
                    long target = o + inRange("scatter", indices.segment().get(Elements.LONG, i), axis, out) * lanes.stride()[2];
                    if (rule == Scatter.SET) {
                        copy(sources.segment(), s, targets.segment(), target, type.bytes());
                    } else if (type.isFloat()) {
                        double value = Elements.getDouble(type, sources.segment(), s),
                                old = Elements.getDouble(type, targets.segment(), target);
                        Elements.set(type, targets.segment(), target, switch (rule) {
                            case ADD -> old + value;
                            case MAX -> Math.max(old, value);
                            default -> Math.min(old, value);
                        });
                    } else {
                        long value = Elements.getLong(type, sources.segment(), s), old = Elements.getLong(type, targets.segment(), target);
                        Elements.set(type, targets.segment(), target, switch (rule) {
                            case ADD -> old + value;
                            case MAX -> Math.max(old, value);
                            default -> Math.min(old, value);
                        });
                    }
                }
            }
        });
    }

    static void scan(Scan scan, View in, int axis, View out) {
        if (in.size() == 0) return;
        var lanes = AxisLanes.of(axis, in, out);
        Strided sources = lanes.start()[0], targets = lanes.start()[1];
        int n = (int) Math.min(BLOCK, lanes.length());
        Parallel.range(lanes.count(), grain(lanes.length()), 3.0 * lanes.length(), (from, to) -> {
            var doubles = in.dtype().isFloat() ? new double[n] : null;
            var longs = doubles == null ? new long[n] : null;
            for (long lane = from; lane < to; lane++) {
                long s = sources.byteOffset(lane), o = targets.byteOffset(lane);
                for (long j = 0; j < lanes.length(); j += n, s += n * lanes.stride()[0], o += n * lanes.stride()[1]) {
                    int here = (int) Math.min(n, lanes.length() - j);
                    if (doubles != null) {
                        double before = j == 0 ? Double.NaN : doubles[n - 1];
                        load(in.dtype(), sources, s, lanes.stride()[0], doubles, here);
                        if (j > 0) doubles[0] = join(scan, before, doubles[0]);
                        running(scan, doubles, here);
                        store(out.dtype(), doubles, targets, o, lanes.stride()[1], here);
                    } else {
                        long before = j == 0 ? 0 : longs[n - 1];
                        for (int i = 0; i < here; i++)
                            longs[i] = Elements.getLong(in.dtype(), sources.segment(), s + i * lanes.stride()[0]);
                        if (j > 0) longs[0] = join(scan, before, longs[0]);
                        for (int i = 1; i < here; i++) longs[i] = join(scan, longs[i - 1], longs[i]);
                        for (int i = 0; i < here; i++) Elements.set(out.dtype(), targets.segment(), o + i * lanes.stride()[1], longs[i]);
                    }
                }
            }
        });
    }

    private static void load(DType type, Strided from, long at, long step, double[] to, int n) {
        if (type == DType.F32) for (int i = 0; i < n; i++) to[i] = from.segment().get(Elements.FLOAT, at + i * step);
        else for (int i = 0; i < n; i++) to[i] = Elements.getDouble(type, from.segment(), at + i * step);
    }

    private static void store(DType type, double[] from, Strided to, long at, long step, int n) {
        if (type == DType.F32) for (int i = 0; i < n; i++) to.segment().set(Elements.FLOAT, at + i * step, (float) from[i]);
        else for (int i = 0; i < n; i++) Elements.set(type, to.segment(), at + i * step, from[i]);
    }

    private static void running(Scan scan, double[] x, int n) {
        double so = x[0];
        switch (scan) {
            case SUM -> { for (int i = 1; i < n; i++) x[i] = so += x[i]; }
            case PROD -> { for (int i = 1; i < n; i++) x[i] = so *= x[i]; }
            case MAX -> { for (int i = 1; i < n; i++) x[i] = so = Math.max(so, x[i]); }
            case MIN -> { for (int i = 1; i < n; i++) x[i] = so = Math.min(so, x[i]); }
        }
    }

    private static double join(Scan scan, double so, double x) {
        return switch (scan) {
            case SUM -> so + x;
            case PROD -> so * x;
            case MAX -> Math.max(so, x);
            case MIN -> Math.min(so, x);
        };
    }

    private static long join(Scan scan, long so, long x) {
        return switch (scan) {
            case SUM -> so + x;
            case PROD -> so * x;
            case MAX -> Math.max(so, x);
            case MIN -> Math.min(so, x);
        };
    }
}
