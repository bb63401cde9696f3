package lyceum.format;

import java.util.Arrays;
import lyceum.DType;
import lyceum.format.OnnxFile.Constant;
import lyceum.tensor.Tensor;

/** Reads SparseTensorProto messages: numbers and their places, made dense. Because a small file may ask for large tensors, what it may have is bounded. */
final class OnnxSparseReader {
    private static final long TIMES = 64;

    /** Bytes of dense tensors that a file may still have: so many, and 64 for each that it stores. */
    private long left = 8L << 20;

    Constant read(ProtoReader in, OnnxTensorReader tensors) {
        Constant values = null, places = null;
        var dims = new long[8];
        int rank = 0;
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 | 2 -> values = tensors.read(in.message());
                case 2 << 3 | 2 -> places = tensors.read(in.message());
                case 3 << 3 -> dims = with(dims, rank++, in.varint());
                case 3 << 3 | 2 -> { for (var packed = in.message(); packed.hasNext();) dims = with(dims, rank++, packed.varint()); }
                default -> in.skip(tag);
            }
        }
        if (values == null || places == null || values.tensor() == null || places.type() != OnnxType.INT64)
            throw in.wrong("a sparse tensor has no values, or no INT64 indices");
        return dense(in, values, places, Arrays.copyOf(dims, rank));
    }

    private static long[] with(long[] dims, int at, long size) {
        var wide = at < dims.length ? dims : Arrays.copyOf(dims, 2 * at);
        wide[at] = size;
        return wide;
    }

    private Constant dense(ProtoReader in, Constant values, Constant places, long[] dims) {
        var name = "sparse tensor \"" + values.name() + "\" of " + Arrays.toString(dims);
        long stored = values.tensor().count(), bytes = values.type().carrier().bytes(), count = 1;
        left += TIMES * (8 + bytes) * stored;
        long most = left / bytes;
        for (long size : dims) {
            if (size < 1 || count > most / size)
                throw in.wrong(name + " would have more than " + most + " elements, with " + stored + " of them stored; or a size below 1");
            count *= size;
        }
        left -= count * bytes;
        boolean isFlat = places.dims().length == 1;
        if (values.dims().length != 1 || !(isFlat ? places.dims()[0] == stored
                : places.dims().length == 2 && places.dims()[0] == stored && places.dims()[1] == dims.length))
            throw in.wrong(name + " has values " + Arrays.toString(values.dims()) + " and indices " + Arrays.toString(places.dims()));
        long[] numbers = places.tensor().toLongArray(), flat = isFlat ? numbers : new long[(int) stored];
        for (int i = 0; i < flat.length; i++) {
            if (!isFlat) for (int axis = 0; axis < dims.length; axis++) {
                long at = numbers[i * dims.length + axis];
                if (at < 0 || at >= dims[axis]) throw in.wrong(name + " has an index of " + at + " on axis " + axis);
                flat[i] = flat[i] * dims[axis] + at;
            }
            if (flat[i] < 0 || flat[i] >= count || i > 0 && flat[i] <= flat[i - 1])
                throw in.wrong(name + " has index " + flat[i] + " at " + i + "; indices ascend and lie inside");
        }
        var type = values.type().carrier();
        var full = stored == 0 ? Tensor.zeros(type, dims)
                : Tensor.zeros(type, count).scatter(0, Tensor.of(flat).to(DType.I64), values.tensor()).reshape(dims).compute();
        return new Constant(values.name(), values.type(), dims, full, null);
    }
}
