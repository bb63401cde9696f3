package lyceum.tensor;

import java.util.List;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.random.Rng;

/** A convolution of random sizes and options, from its seed. */
record RandomConvolution(int seed, Convolution how, long[] x, long[] weight) {
    /** How many times the error of a running sum Winograd's product may have: its transforms multiply what is rounded by up to 100. */
    static final double TRANSFORMED = 16;

    static RandomConvolution of(int seed) { return draw(seed, seed % 4 == 0 ? 90 : 40, seed % 8 == 0 ? 8 : 18); }

    /** Large enough for several threads. */
    static RandomConvolution larger(int seed) { return draw(1000 + seed, 90, 40); }

    /** Depthwise over images, with small kernels. */
    static RandomConvolution depthwise(int seed) {
        var rng = Rng.of(5000 + seed);
        int groups = 1 + rng.nextInt(7), stride = 1 + rng.nextInt(2);
        long[] weight = {groups, 1, 1 + rng.nextInt(3), 1 + rng.nextInt(3)}, x = {1 + rng.nextInt(2), groups, 0, 0};
        int[] before = new int[2], after = new int[2];
        for (int i = 0; i < 2; i++) {
            before[i] = rng.nextInt(3);
            after[i] = rng.nextInt(3);
            x[i + 2] = Math.max(1, weight[i + 2] - before[i] - after[i]) + rng.nextInt(seed % 2 == 0 ? 70 : 9);
        }
        return new RandomConvolution(seed, new Convolution().withStride(stride).withPadding(before, after).withGroups(groups), x, weight);
    }

    /** 3 x 3 of stride 1, with channels and positions enough for Winograd's product. */
    static RandomConvolution threeByThree(int seed) {
        var rng = Rng.of(9000 + seed);
        int[] before = {rng.nextInt(3), rng.nextInt(3)}, after = {rng.nextInt(3), rng.nextInt(3)};
        long[] x = {1 + rng.nextInt(3), 64 + 16 * rng.nextInt(2), 28 + rng.nextInt(9), 28 + rng.nextInt(9)},
                weight = {64 + 16 * rng.nextInt(2), x[1], 3, 3};
        return new RandomConvolution(seed, new Convolution().withPadding(before, after), x, weight);
    }

    /** Several examples of small images, whose columns are packed together, and more outputs or inputs than a packed block has rows or steps. */
    static RandomConvolution smallImages(int seed) {
        var rng = Rng.of(11000 + seed);
        long[] x = {4 + rng.nextInt(5), 49 + rng.nextInt(20), 5 + rng.nextInt(6), 5 + rng.nextInt(6)},
                weight = {seed == 0 ? 290 : 50 + rng.nextInt(40), x[1], 3, 3};
        return new RandomConvolution(seed, new Convolution().withStride(1 + seed % 2).withPadding(1), x, weight);
    }

    private static RandomConvolution draw(int seed, int channels, int size) {
        var rng = Rng.of(seed);
        int axes = 1 + rng.nextInt(3), groups = rng.nextInt(3) == 0 ? 1 + rng.nextInt(6) : 1;
        boolean depthwise = rng.nextInt(6) == 0;
        if (depthwise) groups = 1 + rng.nextInt(channels);
        int[] stride = new int[axes], before = new int[axes], after = new int[axes], dilation = new int[axes];
        var x = new long[axes + 2];
        var weight = new long[axes + 2];
        weight[1] = depthwise ? 1 : 1 + rng.nextInt(channels / groups + 1);
        weight[0] = depthwise ? groups * (1L + rng.nextInt(2)) : groups * (1L + rng.nextInt(channels / groups + 1));
        x[0] = 1 + rng.nextInt(3);
        x[1] = weight[1] * groups;
        boolean pointwise = rng.nextInt(6) == 0, usual = rng.nextInt(2) == 0;
        for (int i = 0; i < axes; i++) {
            weight[i + 2] = pointwise ? 1 : usual ? 3 : 1 + rng.nextInt(axes == 3 ? 3 : 5);
            stride[i] = usual ? 1 + seed % 2 : 1 + rng.nextInt(3);
            dilation[i] = usual ? 1 : 1 + rng.nextInt(2);
            before[i] = pointwise ? 0 : usual ? 1 : rng.nextInt(3);
            after[i] = pointwise ? 0 : usual ? 1 : rng.nextInt(3);
            long reach = (weight[i + 2] - 1) * dilation[i] + 1;
            x[i + 2] = Math.max(1, reach - before[i] - after[i]) + rng.nextInt(axes == 1 ? 9 * size : axes == 2 ? size : size / 3);
        }
        return new RandomConvolution(seed,
                new Convolution().withStride(stride).withPadding(before, after).withDilation(dilation).withGroups(groups), x, weight);
    }

    /** The convolution and its gradients by x and by the weight. */
    Tensor[] results(DType type) {
        var rng = Rng.of(7L * seed + 1);
        var tensors = new Tensor[] {Tensor.randn(rng, DType.F64, x).to(type).requiresGrad(),
                Tensor.randn(rng, DType.F64, weight).to(type).requiresGrad()};
        var y = tensors[0].conv(tensors[1], null, how);
        y.backward(Tensor.randn(rng, DType.F64, y.shape().toArray()).to(type));
        return new Tensor[] {y.detach(), tensors[0].grad(), tensors[1].grad()};
    }

    /**
     * Within rounding of the plain loops. A running sum of n terms of about one wanders like the root of n, so that its error has a deviation of
     * about n / 3 units; six of them are allowed. BF16 is summed in F32 and rounded at the end.
     */
    void check(Backend backend) { check(backend, 1, DType.F32, DType.F64, DType.BF16); }

    /** The same, where the product and the gradient by x may have so many times the error. */
    void check(Backend backend, double times, DType... types) { check(List.of(backend), times, types); }

    /** The same of several, for the plain loops take longest. */
    void check(List<Backend> backends, double times, DType... types) {
        for (var type : types) {
            var expected = results(Backend.named("scalar"), type);
            for (var backend : backends) check(backend, times, type, expected, results(backend, type));
        }
    }

    private Tensor[] results(Backend backend, DType type) {
        var results = new Tensor[1][];
        Backend.with(backend, () -> results[0] = results(type));
        return results[0];
    }

    private void check(Backend backend, double times, DType type, Tensor[] expected, Tensor[] actual) {
        for (int i = 0; i < 3; i++) {
            double summands = i == 0 ? Shape.of(weight).count() / (double) weight[0]
                    : i == 1 ? Shape.of(weight).count() / (double) weight[1] : actual[0].count() / (double) weight[0];
            double ulp = type == DType.F64 ? 0x1p-52 : type == DType.F32 ? 0x1p-23 : 0x1p-8;
            double error = actual[i].to(DType.F64).sub(expected[i].to(DType.F64)).abs().max().item(),
                    size = expected[i].to(DType.F64).abs().max().item();
            double bound = (i < 2 ? times : 1) * ulp * (size + (type == DType.BF16 ? 1 : 2 * summands + 1));
            if (!(error <= bound)) throw new AssertionError(
                    this + ", " + type + " on " + backend.description() + ", result " + i + ": differs by " + error + ", bound " + bound);
        }
    }

    @Override public String toString() { return "seed " + seed + ": " + how + ", x " + Shape.of(x) + ", weight " + Shape.of(weight); }
}
