package lyceum.info;

import java.util.HashMap;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * What a layer's activations T say of input and target, as a point. Of a deterministic network I(X;T) is infinite, or the inputs' entropy: what is seen here is that of T
 * in bins, or of T with noise, and the width of either makes the picture.
 *
 * {@snippet :
 * Tensor x = Tensor.randn(Rng.of(1), 500, 2), layer = x.tanh();
 * int[] labels = x.select(1, 0).gt(0).to(DType.I64).toIntArray();
 * var bins = InformationPlane.binned(layer, labels, 30, -1, 1);
 * var near = InformationPlane.noisy(x, layer, x.select(1, 0), 0.1, 3, Rng.of(2));
 * }
 *
 * @param input I(X;T) in nats
 * @param target I(T;Y) in nats
 * @see <a href="https://arxiv.org/abs/1703.00810">Shwartz-Ziv and Tishby (2017)</a>
 * @see <a href="https://doi.org/10.1088/1742-5468/ab3985">Saxe and others (2018), against it</a>
 */
public record InformationPlane(double input, double target) {

    /**
     * Of activations cut into equal bins, which are a function of the input: {@code I(X;T) = H(T)}, {@code I(T;Y) = H(T) + H(Y) - H(T, Y)}, all by counts of the rows.
     *
     * @param activations (n, units)
     * @param labels of each row
     * @param bins of each unit between low and high; what lies outside goes into the outer ones
     */
    public static InformationPlane binned(Tensor activations, int[] labels, int bins, double low, double high) {
        if (activations.rank() != 2 || activations.size(0) != labels.length) throw new ShapeException(
                "InformationPlane: activations " + activations.shape() + " and " + labels.length + " labels; they are (n, units) and n");
        if (bins < 1 || !(low < high))
            throw new IllegalArgumentException("InformationPlane: " + bins + " bins from " + low + " to " + high);
        double[][] rows = activations.toRows();
        var codes = new int[rows.length];
        var seen = new HashMap<String, Integer>();
        var key = new StringBuilder();
        for (int i = 0; i < rows.length; i++) {
            key.setLength(0);
            for (double t : rows[i]) key.append((char) Math.clamp((long) Math.floor((t - low) / (high - low) * bins), 0, bins - 1));
            codes[i] = seen.computeIfAbsent(key.toString(), k -> seen.size());
        }
        double[][] table = MutualInformation.table(codes, labels);
        return new InformationPlane(Entropy.of(Entropy.rowSums(table)), MutualInformation.of(table));
    }

    /**
     * Of activations with normal noise, by nearest neighbours ({@link MutualInformation#ksg}), each column first divided by its deviation.
     *
     * @param x inputs, (n) or (n, d)
     * @param activations (n, units)
     * @param y targets, (n) or (n, e), continuous
     * @param noise standard deviation of what is added
     */
    public static InformationPlane noisy(Tensor x, Tensor activations, Tensor y, double noise, int k, Rng rng) {
        var t = standardised(activations.add(Tensor.randn(rng, activations.dtype(), activations.shape().toArray()).mul(noise)));
        return new InformationPlane(MutualInformation.ksg(standardised(x), t, k), MutualInformation.ksg(t, standardised(y), k));
    }

    private static Tensor standardised(Tensor x) { return x.sub(x.mean(0)).div(x.std(0)).compute(); }
}
