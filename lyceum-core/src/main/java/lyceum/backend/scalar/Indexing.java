package lyceum.backend.scalar;

import lyceum.backend.Backend.Scan;
import lyceum.backend.Backend.Scatter;
import lyceum.backend.Parallel;
import lyceum.backend.View;

/** Operations that work along one axis of a view: gather, scatter, running reductions and sorting. */
final class Indexing {
    private Indexing() { }

    /** The lanes of a view along {@code axis}: every combination of the other axes' indices. */
    private record AxisLanes(Strided[] start, long count, long length, long[] stride) {
        static AxisLanes of(int axis, View... views) {
            var starts = new View[views.length];
            var stride = new long[views.length];
            long[] shape = null;
            for (int v = 0; v < views.length; v++) {
                shape = drop(views[v].shape(), axis);
                starts[v] = views[v].with(shape, drop(views[v].strides(), axis));
                stride[v] = views[v].strides()[axis] * views[v].dtype().bytes();
            }
            return new AxisLanes(Strided.of(starts), View.size(shape), views[0].shape()[axis], stride);
        }

        private static long[] drop(long[] values, int axis) {
            var rest = new long[values.length - 1];
            for (int i = 0, at = 0; i < values.length; i++) if (i != axis) rest[at++] = values[i];
            return rest;
        }
    }

    private static long grain(long length) { return Math.max(1, 16384 / Math.max(1, length)); }

    /** Shapes of {@code in} and {@code index} differ along the axis only. */
    static void gather(View in, int axis, View index, View out) {
        if (out.size() == 0 || Rows.gather(in, axis, index, out)) return;
        var lanes = AxisLanes.of(axis, index, out, in);
        int bytes = in.dtype().bytes();
        Strided indices = lanes.start[0], targets = lanes.start[1], sources = lanes.start[2];
        Parallel.range(lanes.count, grain(lanes.length), lanes.length, (from, to) -> {
            for (long lane = from; lane < to; lane++) {
                long i = indices.byteOffset(lane), o = targets.byteOffset(lane), s = sources.byteOffset(lane);
                for (long j = 0; j < lanes.length; j++, i += lanes.stride[0], o += lanes.stride[1]) {
                    copy(sources, s + indices.segment().get(Elements.LONG, i) * lanes.stride[2], targets, o, bytes);
                }
            }
        });
    }

    private static void copy(Strided source, long from, Strided target, long to, int bytes) {
        switch (bytes) {
            case 1 -> target.segment().set(java.lang.foreign.ValueLayout.JAVA_BYTE, to, source.segment().get(java.lang.foreign.ValueLayout.JAVA_BYTE, from));
            case 2 -> target.segment().set(Elements.SHORT, to, source.segment().get(Elements.SHORT, from));
            case 4 -> target.segment().set(Elements.INT, to, source.segment().get(Elements.INT, from));
            default -> target.segment().set(Elements.LONG, to, source.segment().get(Elements.LONG, from));
        }
    }

    static void scatter(Scatter rule, View in, int axis, View index, View out) {
        if (in.size() == 0 || rule == Scatter.ADD && Rows.add(in, axis, index, out)) return;
        var lanes = AxisLanes.of(axis, index, in, out);
        Strided indices = lanes.start[0], sources = lanes.start[1], targets = lanes.start[2];
        var type = in.dtype();
        Parallel.range(lanes.count, grain(lanes.length), lanes.length, (from, to) -> {
            for (long lane = from; lane < to; lane++) {
                long i = indices.byteOffset(lane), s = sources.byteOffset(lane), o = targets.byteOffset(lane);
                for (long j = 0; j < lanes.length; j++, i += lanes.stride[0], s += lanes.stride[1]) {
                    long target = o + indices.segment().get(Elements.LONG, i) * lanes.stride[2];
                    if (rule == Scatter.SET) {
                        copy(sources, s, targets, target, type.bytes());
                    } else if (type.isFloat()) {
                        double value = Elements.getDouble(type, sources.segment(), s), old = Elements.getDouble(type, targets.segment(), target);
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
        Strided sources = lanes.start[0], targets = lanes.start[1];
        boolean floats = in.dtype().isFloat();
        Parallel.range(lanes.count, grain(lanes.length), lanes.length, (from, to) -> {
            for (long lane = from; lane < to; lane++) {
                long s = sources.byteOffset(lane), o = targets.byteOffset(lane);
                double d = scan == Scan.PROD ? 1 : 0;
                long l = scan == Scan.PROD ? 1 : 0;
                for (long j = 0; j < lanes.length; j++, s += lanes.stride[0], o += lanes.stride[1]) {
                    if (floats) {
                        double x = Elements.getDouble(in.dtype(), sources.segment(), s);
                        d = switch (scan) {
                            case SUM -> d + x;
                            case PROD -> d * x;
                            case MAX -> j == 0 ? x : Math.max(d, x);
                            case MIN -> j == 0 ? x : Math.min(d, x);
                        };
                        Elements.set(out.dtype(), targets.segment(), o, d);
                    } else {
                        long x = Elements.getLong(in.dtype(), sources.segment(), s);
                        l = switch (scan) {
                            case SUM -> l + x;
                            case PROD -> l * x;
                            case MAX -> j == 0 ? x : Math.max(l, x);
                            case MIN -> j == 0 ? x : Math.min(l, x);
                        };
                        Elements.set(out.dtype(), targets.segment(), o, l);
                    }
                }
            }
        });
    }

    static void sort(View in, int axis, boolean descending, View values, View indices) {
        if (values.size() == 0) return;
        var lanes = AxisLanes.of(axis, in, values, indices);
        Strided sources = lanes.start[0], sorted = lanes.start[1], permutation = lanes.start[2];
        var type = in.dtype();
        int n = Math.toIntExact(lanes.length), k = Math.toIntExact(values.shape()[axis]);
        Parallel.range(lanes.count, grain(lanes.length), lanes.length, (from, to) -> {
            var keys = new long[n];
            for (long lane = from; lane < to; lane++) {
                long s = sources.byteOffset(lane), v = sorted.byteOffset(lane), p = permutation.byteOffset(lane);
                for (int j = 0; j < n; j++) {
                    long at = s + j * lanes.stride[0];
                    keys[j] = type.isFloat() ? key(Elements.getDouble(type, sources.segment(), at), descending)
                            : descending ? ~Elements.getLong(type, sources.segment(), at) : Elements.getLong(type, sources.segment(), at);
                }
                var order = Order.first(k, keys);
                for (int j = 0; j < k; j++) {
                    copy(sources, s + order[j] * lanes.stride[0], sorted, v + j * lanes.stride[1], type.bytes());
                    permutation.segment().set(Elements.LONG, p + j * lanes.stride[2], (long) order[j]);
                }
            }
        });
    }

    /** A long that orders as {@code x} does, zeros equal, NaN after all others in both directions. */
    private static long key(double x, boolean descending) {
        if (x != x) return Long.MAX_VALUE;
        long bits = Double.doubleToRawLongBits(x == 0 ? 0.0 : x);
        long ordered = bits ^ ((bits >> 63) & Long.MAX_VALUE);
        return descending ? ~ordered : ordered;
    }
}
