package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import lyceum.DType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Elements by their places: gathered, scattered, found, ordered. */
final class IndexOperators {
    static final String ROWS = "Gather 1, GatherElements 11, GatherND 11, Scatter 9, ScatterElements 11, ScatterND 11, OneHot 9, Compress 9, "
            + "NonZero 9, TopK 1, TopK 10, Unique 11";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "Gather 1" -> c -> c.value(0) instanceof OnnxValue.Strings s ? gathered(c, s) : gathered(c);
            case "GatherElements 11" -> c -> {
                int axis = c.axis("axis", 0, c.x(0).rank());
                return narrowed(c.x(0), axis, c.x(1)).gather(axis, front(c.x(1), c.x(0).size(axis)));
            };
            case "GatherND 11" -> IndexOperators::gatherNd;
            case "Scatter 9" -> IndexOperators::scatterElements;
            case "ScatterElements 11" -> IndexOperators::scatterElements;
            case "ScatterND 11" -> IndexOperators::scatterNd;
            case "OneHot 9" -> IndexOperators::oneHot;
            case "Compress 9" -> c -> {
                var x = c.sets("axis") ? c.x(0) : c.x(0).flatten();
                var kept = c.x(1).nonZeroFlat();
                return x.indexSelect(c.sets("axis") ? c.axis("axis", 0, x.rank()) : 0, kept);
            };
            case "NonZero 9" -> c -> {
                var x = c.x(0);
                return OnnxValue
                        .of(x.rank() == 0 ? Tensor.zeros(DType.I64, 0, x.ne(0).to(DType.I64).itemLong()) : x.nonZero().transpose(0, 1));
            };
            case "TopK 1" -> c -> top(c, c.integer("k", 1), true);
            case "TopK 10" -> c -> top(c, c.item(1), c.integer("largest", 1) != 0);
            case "Unique 11" -> IndexOperators::unique;
            default -> throw Operators.unknown(row);
        };
    }

    private IndexOperators() {}

    /** Numbers that count from the end, counted from the front. */
    static Tensor front(Tensor index, long size) {
        var i = index.to(DType.I64);
        return i.lt(0).where(i.add(size), i);
    }

    private static Tensor gathered(Call c) {
        var x = c.x(0);
        int axis = c.axis("axis", 0, x.rank());
        long[] places = c.x(1).shape().toArray(), sizes = x.shape().toArray();
        if (x.rank() == 1 && x.dtype() == DType.I64 && x.count() <= 64 && c.x(1).count() <= 64)
            return picked(x.toLongArray(), c.longs(1), places);
        var index = front(c.x(1), x.size(axis)).flatten();
        var shape = LongStream.concat(LongStream.concat(Arrays.stream(sizes, 0, axis), Arrays.stream(places)),
                Arrays.stream(sizes, axis + 1, sizes.length)).toArray();
        return x.indexSelect(axis, index).reshape(c.sized(shape));
    }

    /** What graphs do with shapes: a few numbers of a few, for which no kernel is worth starting. */
    private static Tensor picked(long[] x, long[] index, long[] shape) {
        var found = new long[index.length];
        for (int i = 0; i < index.length; i++) {
            if (index[i] < -x.length || index[i] >= x.length)
                throw new IllegalArgumentException("index " + index[i] + " of " + x.length + " elements");
            found[i] = x[(int) (index[i] < 0 ? index[i] + x.length : index[i])];
        }
        return Tensor.of(found, shape);
    }

    private static OnnxValue gathered(Call c, OnnxValue.Strings s) {
        var places = Tensor.arange(s.shape().count()).to(DType.I64).reshape(s.shape().toArray());
        int axis = c.axis("axis", 0, places.rank());
        long[] index = front(c.x(1), places.size(axis)).toLongArray();
        var found = places.indexSelect(axis, Tensor.of(index));
        var shape = LongStream
                .concat(LongStream.concat(Arrays.stream(places.shape().toArray(), 0, axis), Arrays.stream(c.x(1).shape().toArray())),
                        Arrays.stream(places.shape().toArray(), axis + 1, places.rank()))
                .toArray();
        return OnnxValue.of(Arrays.stream(found.toLongArray()).mapToObj(i -> s.values().get((int) i)).toList(), shape);
    }

    /** The part of the other axes that an index of smaller sizes speaks of. */
    private static Tensor narrowed(Tensor x, int axis, Tensor index) {
        for (int i = 0; i < x.rank(); i++) if (i != axis && index.size(i) < x.size(i)) x = x.narrow(i, 0, index.size(i));
        return x;
    }

    /** Row numbers, among the {@code depth} axes from {@code first} taken as one, that tuples along the last axis name. */
    private static Tensor flatPlaces(Tensor tuples, long[] sizes, int first, int depth) {
        var index = tuples.to(DType.I64);
        var places = Tensor.zeros(DType.I64, Arrays.copyOf(index.shape().toArray(), index.rank() - 1));
        for (int i = 0; i < depth; i++) {
            var at = front(index.select(-1, i), sizes[first + i]);
            if (at.count() > 0 && (at.min().itemLong() < 0 || at.max().itemLong() >= sizes[first + i]))
                throw new IllegalArgumentException("an index out of range for axis " + (first + i) + " of size " + sizes[first + i]);
            places = places.mul(sizes[first + i]).add(at);
        }
        return places;
    }

    private static Object gatherNd(Call c) {
        var x = c.x(0);
        var index = c.x(1);
        int batches = (int) c.integer("batch_dims", 0), depth = (int) index.size(-1);
        long[] sizes = x.shape().toArray(), places = index.shape().toArray();
        if (batches < 0 || batches + depth > sizes.length || batches >= places.length)
            throw new IllegalArgumentException("batch_dims " + batches);
        long batch = 1, cells = 1;
        for (int i = 0; i < batches; i++) batch *= sizes[i];
        for (int i = batches; i < batches + depth; i++) cells *= sizes[i];
        var flat = flatPlaces(index, sizes, batches, depth).reshape(batch, -1)
                .add(Tensor.arange(batch).to(DType.I64).mul(cells).reshape(-1, 1));
        var rest = Arrays.copyOfRange(sizes, batches + depth, sizes.length);
        var shape = LongStream.concat(Arrays.stream(places, 0, places.length - 1), Arrays.stream(rest)).toArray();
        return x.reshape(batch * cells, Arrays.stream(rest).reduce(1, Math::multiplyExact)).indexSelect(0, flat.flatten())
                .reshape(c.sized(shape));
    }

    private static Object scatterElements(Call c) {
        var x = c.x(0);
        int axis = c.axis("axis", 0, x.rank());
        var index = front(c.x(1), x.size(axis));
        long[] sizes = x.shape().toArray(), part = index.shape().toArray();
        // the element's number in the whole, so that an index smaller than x in other axes leaves the rest as it is
        var places = Tensor.zeros(DType.I64);
        for (int i = 0; i < sizes.length; i++) {
            var shape = ShapeOperators.ones(sizes.length);
            shape[i] = part[i];
            var at = i == axis ? index : Tensor.arange(part[i]).to(DType.I64).reshape(shape);
            if (i == axis && at.count() > 0 && (at.min().itemLong() < 0 || at.max().itemLong() >= sizes[i]))
                throw new IllegalArgumentException("an index out of range for axis " + i + " of size " + sizes[i]);
            places = places.mul(sizes[i]).add(at);
        }
        return written(x.flatten(), places.expand(part).flatten(), c.x(2).flatten(), c.text("reduction", "none")).reshape(sizes);
    }

    private static Object scatterNd(Call c) {
        var x = c.x(0);
        int depth = (int) c.x(1).size(-1);
        long[] sizes = x.shape().toArray();
        if (depth > sizes.length) throw new IllegalArgumentException(depth + " indices for shape " + x.shape());
        long rows = 1, width = 1;
        for (int i = 0; i < sizes.length; i++) {
            if (i < depth) rows *= sizes[i];
            else width *= sizes[i];
        }
        var places = flatPlaces(c.x(1), sizes, 0, depth).flatten();
        var all = places.mul(width).reshape(-1, 1).add(Tensor.arange(width).to(DType.I64)).flatten();
        return written(x.reshape(rows * width), all, c.x(2).flatten(), c.text("reduction", "none")).reshape(sizes);
    }

    /** Numbers along one axis written into x, those of one place one after another. */
    private static Tensor written(Tensor x, Tensor places, Tensor updates, String reduction) {
        if (updates.dtype() != x.dtype()) throw new IllegalArgumentException("updates are " + updates.dtype() + ", the data " + x.dtype());
        if (reduction.equals("none")) return x.dtype() == DType.BOOL
                ? x.to(DType.U8).scatter(0, places, updates.to(DType.U8)).to(DType.BOOL) : x.scatter(0, places, updates);
        if (reduction.equals("add")) return x.scatterAdd(0, places, updates);
        long[] at = places.toLongArray();
        var out = x.to(DType.F64).toDoubleArray();
        var more = updates.to(DType.F64).toDoubleArray();
        for (int i = 0; i < at.length; i++) {
            int j = (int) at[i];
            out[j] = switch (reduction) {
                case "mul" -> out[j] * more[i];
                case "max" -> Math.max(out[j], more[i]);
                case "min" -> Math.min(out[j], more[i]);
                default -> throw new IllegalArgumentException("reduction \"" + reduction + "\" is not known");
            };
        }
        return Tensor.of(out).to(x.dtype());
    }

    private static Object oneHot(Call c) {
        long depth = (long) c.number(1);
        var index = c.x(0).to(DType.I64);
        int axis = Call.axis(c.integer("axis", -1), index.rank() + 1);
        var shape = ShapeOperators.ones(index.rank() + 1);
        shape[axis] = depth;
        c.sized(index.count(), depth);
        var at = index.lt(0).where(index.add(depth), index).unsqueeze(axis);
        var hot = at.eq(Tensor.arange(depth).to(DType.I64).reshape(shape));
        return OnnxValue.of(c.type(2), hot.where(c.x(2).select(0, 1), c.x(2).select(0, 0)));
    }

    private static Object top(Call c, long k, boolean largest) {
        var x = c.x(0);
        int axis = c.axis("axis", -1, x.rank());
        if (k < 0 || k > x.size(axis)) throw new IllegalArgumentException("k is " + k + " for " + x.size(axis) + " elements");
        var sorted = x.sort(axis, largest);
        return new Object[] {sorted.values().narrow(axis, 0, k), OnnxValue.of(sorted.indices().to(DType.I64).narrow(axis, 0, k))};
    }

    private static Object unique(Call c) {
        var x = c.sets("axis") ? c.x(0) : c.x(0).flatten();
        int axis = c.sets("axis") ? c.axis("axis", 0, x.rank()) : 0;
        int n = (int) x.size(axis);
        double[][] rows = x.moveAxis(axis, 0).to(DType.F64).reshape(n, -1).toRows();
        var found = new HashMap<List<Double>, Integer>();
        var firsts = new ArrayList<Integer>();
        var counts = new ArrayList<Long>();
        var inverse = new int[n];
        for (int i = 0; i < n; i++) {
            var key = Arrays.stream(rows[i]).boxed().toList();
            var group = found.putIfAbsent(key, firsts.size());
            if (group == null) {
                group = firsts.size();
                firsts.add(i);
                counts.add(0L);
            }
            inverse[i] = group;
            counts.set(group, counts.get(group) + 1);
        }
        var order = IntStream.range(0, firsts.size()).boxed().sorted(
                (a, b) -> c.integer("sorted", 1) != 0 ? Arrays.compare(rows[firsts.get(a)], rows[firsts.get(b)]) : Integer.compare(a, b))
                .toList();
        var rank = new int[order.size()];
        for (int i = 0; i < rank.length; i++) rank[order.get(i)] = i;
        var index = Tensor.of(order.stream().mapToLong(firsts::get).toArray());
        return new Object[] {x.indexSelect(axis, index), OnnxValue.of(index),
                OnnxValue.of(Tensor.of(Arrays.stream(inverse).mapToLong(g -> rank[g]).toArray())),
                OnnxValue.of(Tensor.of(order.stream().mapToLong(counts::get).toArray()))};
    }
}
