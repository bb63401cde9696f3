package lyceum.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.testing.Choices;
import lyceum.testing.Generator;

/** A random tensor behind a random chain of views, and the same elements computed by plain index arithmetic. */
record Disguise(Tensor tensor, Naive naive, String history) {

    /** Small whole numbers, so that every type holds them and most operations are exact. */
    static Generator<Disguise> of(DType type, int maxRank, int maxSize, int maxViews) {
        return choices -> {
            int rank = (int) choices.next(maxRank);
            var shape = new long[rank];
            for (int a = 0; a < rank; a++) shape[a] = (choices.next(9) + 1) * maxSize / 10;
            var rng = Rng.of(choices.next(1000));
            var naive = Naive.of(shape);
            for (int i = 0; i < naive.data().length; i++)
                naive.data()[i] = type == DType.BOOL ? rng.nextLong(2) : type == DType.U8 ? rng.nextLong(8) : rng.nextLong(15) - 7;
            var made = new Disguise(Tensor.of(naive.data(), shape).to(type).compute(), naive, type + " " + naive);
            int views = (int) choices.next(maxViews);
            for (int v = 0; v < views; v++) made = made.view(choices);
            return made;
        };
    }

    private Disguise then(Tensor tensor, Naive naive, String what) { return new Disguise(tensor, naive, history + " ." + what); }

    /** One more view. */
    Disguise view(Choices choices) {
        int rank = naive.rank();
        long[] shape = naive.shape();
        int axis = rank == 0 ? 0 : (int) choices.next(rank - 1);
        if (rank == 0) return then(tensor.reshape(1, 1), naive.reshape(1, 1), "reshape(1, 1)");
        switch ((int) choices.next(8)) {
            case 0 -> {
                var order = new ArrayList<Integer>();
                for (int a = 0; a < rank; a++) order.add((int) choices.next(a), a);
                int[] axes = order.stream().mapToInt(i -> i).toArray();
                return then(tensor.permute(axes), naive.permute(axes), "permute" + order);
            }
            case 1 -> {
                if (shape[axis] == 0) return this;
                long start = choices.next(shape[axis] - 1), step = 1 + choices.next(2),
                        length = choices.next((shape[axis] - 1 - start) / step + 1);
                long stop = Math.min(shape[axis], start + length * step);
                long count = stop > start ? (stop - start - 1) / step + 1 : 0;
                return then(tensor.slice(axis, start, stop, step), naive.slice(axis, start, count, step),
                        "slice(" + axis + ", " + start + ", " + stop + ", " + step + ")");
            }
            case 2 -> {
                if (shape[axis] == 0) return this;
                long start = shape[axis] - 1 - choices.next(shape[axis] - 1), step = 1 + choices.next(2),
                        stop = choices.next(start + 1) - 1;
                long count = start > stop ? (start - stop - 1) / step + 1 : 0;
                return then(tensor.slice(axis, start, stop < 0 ? Index.OPEN : stop, -step), naive.slice(axis, start, count, -step),
                        "slice(" + axis + ", " + start + ", " + stop + ", -" + step + ")");
            }
            case 3 -> { return then(tensor.flip(axis), naive.flip(axis), "flip(" + axis + ")"); }
            case 4 -> {
                if (rank > 4) return this;
                var sizes = new long[rank + 1];
                for (int a = 0; a < rank; a++) sizes[a + 1] = shape[a] == 1 ? 1 + choices.next(3) : shape[a];
                sizes[0] = 1 + choices.next(2);
                return then(tensor.expand(sizes), naive.broadcast(sizes), "expand" + Arrays.toString(sizes));
            }
            case 5 -> {
                if (rank < 2) return this;
                long k = choices.next(4) - 2;
                return then(tensor.diagonal(k), naive.diagonal(k), "diagonal(" + k + ")");
            }
            case 6 -> {
                if (shape[axis] == 0 || rank > 4) return this;
                long size = 1 + choices.next(Math.min(3, shape[axis] - 1)), step = 1 + choices.next(2);
                return then(tensor.unfold(axis, size, step), naive.unfold(axis, size, step),
                        "unfold(" + axis + ", " + size + ", " + step + ")");
            }
            case 7 -> {
                var sizes = reshaped(shape, choices);
                return then(tensor.reshape(sizes), naive.reshape(sizes), "reshape" + Arrays.toString(sizes));
            }
            default -> {
                long[] one = new long[rank + 1];
                for (int a = 0; a <= rank; a++) one[a] = a < axis ? shape[a] : a == axis ? 1 : shape[a - 1];
                return then(tensor.unsqueeze(axis), naive.reshape(one), "unsqueeze(" + axis + ")");
            }
        }
    }

    /** Joins two neighbouring axes, or cuts one in two. */
    private static long[] reshaped(long[] shape, Choices choices) {
        int rank = shape.length, axis = (int) choices.next(rank - 1);
        var sizes = new ArrayList<Long>();
        for (long s : shape) sizes.add(s);
        long s = sizes.get(axis);
        if (choices.next(1) == 0 && axis + 1 < rank) {
            sizes.set(axis, s * sizes.remove(axis + 1));
        } else if (rank < 5) {
            long divisor = 1 + choices.next(3);
            if (s % divisor == 0) {
                sizes.set(axis, s / divisor);
                sizes.add(axis, divisor);
            }
        }
        return sizes.stream().mapToLong(i -> i).toArray();
    }

    @Override public String toString() { return history + " -> " + naive; }
}
