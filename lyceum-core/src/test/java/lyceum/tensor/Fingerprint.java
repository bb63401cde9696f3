package lyceum.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.random.Rng;

/** Prints a hash of the bits of many results: equal whatever the number of threads, and on scalar whatever is fused. */
public final class Fingerprint {
    private Fingerprint() {}

    public static void main(String[] args) { System.out.println("bits " + Long.toHexString(bits())); }

    static long bits() {
        var rng = Rng.of(7);
        long hash = 1;
        for (var type : new DType[] {DType.F32, DType.F64, DType.BF16}) {
            var x = Tensor.randn(rng, type, 101, 1003);
            var y = Tensor.rand(rng, type, 1003, 70);
            var w = x.detach().requiresGrad();
            var z = w.matmul(y).tanh();
            var results = new ArrayList<Tensor>();
            for (var t : new Tensor[] {x.sum(), x.sum(0), x.sum(1), x.exp().mean(), x.softmax(1), x.softmax(0), x.logSumExp(0), x.var(0),
                    x.cumsum(1), x.sort(1).values(), x.matmul(y), x.mul(2).add(x.sin()).sigmoid(), x.transpose().copy().sum(1), x.max(0),
                    x.prod(1)})
                results.add(t);
            z.square().sum().backward();
            results.add(w.grad());
            results.add(Tensor.zeros(type, 50, 1003).indexAdd(0, Tensor.randint(rng, 0, 50, 101), x));
            results.add(Tensor.zeros(type, 50, 1003).scatterAdd(0, Tensor.randint(rng, 0, 50, 101, 1003), x));
            results.add(x.flatten().sort(0).values());
            results.add(x.narrow(0, 0, 1).matmul(y));
            results.addAll(swept(in -> in[0].conv(in[1], null, new Convolution().withPadding(1)), Tensor.randn(rng, type, 3, 16, 20, 20),
                    Tensor.randn(rng, type, 24, 16, 3, 3)));
            results.addAll(swept(in -> in[0].conv(in[1], null, new Convolution().withStride(2).withGroups(16)),
                    Tensor.randn(rng, type, 3, 16, 20, 20), Tensor.randn(rng, type, 16, 1, 3, 3)));
            results.addAll(swept(in -> new Attention().withCausal(true).of(in[0], in[1], in[2]), Tensor.randn(rng, type, 1, 4, 150, 32),
                    Tensor.randn(rng, type, 1, 2, 150, 32), Tensor.randn(rng, type, 1, 2, 150, 32)));
            results.addAll(swept(in -> in[0].layerNorm(in[1], in[1], 1e-5), x, Tensor.randn(rng, type, 1003)));
            for (var r : results) for (double v : r.to(DType.F64).toDoubleArray()) hash = hash * 31 + Double.doubleToLongBits(v);
        }
        return hash;
    }

    /** The value and the gradients of the inputs. */
    private static List<Tensor> swept(Function<Tensor[], Tensor> f, Tensor... inputs) {
        var leaves = Arrays.stream(inputs).map(x -> x.detach().requiresGrad()).toArray(Tensor[]::new);
        var all = new ArrayList<>(List.of(f.apply(leaves)));
        all.getFirst().square().sum().backward();
        for (var leaf : leaves) all.add(leaf.grad());
        return all;
    }

    static long bits(String backend, Fusion.Mode mode) {
        var result = new long[1];
        Backend.with(Backend.named(backend), () -> Fusion.with(mode, () -> result[0] = bits()));
        return result[0];
    }
}
