package lyceum.autograd;

import java.util.ArrayList;
import java.util.function.Function;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Functions of (3, 4), (3, 4), (4,) and (4, 4), drawn by seed: a dozen operations of every kind, with shared parts, constants and stops. */
final class RandomFunction {
    private RandomFunction() {}

    static DType type(int seed) { return seed % 3 == 0 ? DType.F32 : DType.F64; }

    static Tensor[] inputs(int seed, DType type) {
        var rng = Rng.of(seed);
        return new Tensor[] {draw(rng, type, 3, 4), draw(rng, type, 3, 4), draw(rng, type, 4), draw(rng, type, 4, 4)};
    }

    private static Tensor draw(Rng rng, DType type, long... shape) { return Tensor.randn(rng, type, shape).compute(); }

    /** A scalar, made of everything that the steps leave unread. */
    static Function<Tensor[], Tensor[]> of(int seed, DType type) {
        var last = lastValues(seed, type);
        return in -> {
            Tensor sum = null;
            for (var value : last.apply(in)) sum = sum == null ? value.mean() : sum.add(value.mean());
            return new Tensor[] {sum};
        };
    }

    /** Three matrices (3, 4). */
    static Function<Tensor[], Tensor[]> lastValues(int seed, DType type) {
        var constants = Rng.of(10_000 + seed);
        Tensor w = draw(constants, type, 4, 4), v = draw(constants, type, 3, 4);
        return in -> {
            var rng = Rng.of(20_000 + seed);
            var values = new ArrayList<Tensor>();
            values.add(in[0]);
            values.add(in[1]);
            for (int i = 0; i < 12; i++) {
                Tensor a = values.get(rng.nextInt(values.size())), b = values.get(rng.nextInt(values.size()));
                values.add(step(rng.nextInt(30), a, b, in, w, v));
            }
            return values.subList(values.size() - 3, values.size()).toArray(Tensor[]::new);
        };
    }

    private static Tensor step(int kind, Tensor a, Tensor b, Tensor[] in, Tensor w, Tensor v) {
        return switch (kind) {
            case 0 -> a.tanh();
            case 1 -> a.sigmoid().mul(b);
            case 2 -> a.sin().add(b.cos());
            case 3 -> a.tanh().exp();
            case 4 -> a.square().add(1).sqrt();
            case 5 -> a.softplus().sub(b);
            case 6 -> a.relu().add(a.abs());
            case 7 -> a.softmax(1);
            case 8 -> a.softmax(0).mul(b);
            case 9 -> a.logSoftmax(-1).mul(0.25);
            case 10 -> a.cumsum(1).mul(0.5);
            case 11 -> a.flip(0).add(b);
            case 12 -> a.matmul(in[3]).tanh();
            case 13 -> a.matmul(w.transpose()).mul(0.3);
            case 14 -> a.transpose().copy().transpose().mul(b);
            case 15 -> a.sub(a.mean(0, true));
            case 16 -> a.mul(b.sum(1, true)).tanh();
            case 17 -> a.sub(a.max(1, true));
            case 18 -> a.reshape(4, 3).transpose().add(b);
            case 19 -> Tensor.concat(1, a.narrow(1, 2, 2), b.narrow(1, 0, 2));
            case 20 -> a.indexSelect(0, Tensor.of(2, 0, 2));
            case 21 -> a.add(in[2]);
            case 22 -> a.detach().mul(b);
            case 23 -> a.gt(b).where(a, b.mul(2));
            case 24 -> a.maximum(b);
            case 25 -> a.add(v.mul(2).exp().log());
            case 26 -> a.matmul(b.transpose()).matmul(a).tanh();
            case 27 -> a.sub(a.logSumExp(0, true)).mul(0.1);
            case 28 -> a.scatterAdd(1, Tensor.of(new long[] {0, 1, 2}, 3, 1), b.narrow(1, 1, 1));
            default -> a.sort(1).values().add(b.unfold(1, 2, 1).mean(-1).pad(1, 1, 0, 0.5));
        };
    }
}
