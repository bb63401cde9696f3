package lyceum.train.compress;

import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Module;
import lyceum.random.Rng;

/** Fashion-MNIST as the tests of this package take it: some training images, all test images, flat, 0 to 1. */
record Fashion(Dataset train, Dataset test) {
    static Fashion of(int images) { return of(images, 10_000); }

    static Fashion of(int images, int tests) {
        var all = Datasets.fashionMnist();
        var rows = Arrays.copyOf(Rng.of(77).permutation(all.train().size()), images);
        return new Fashion(flat(all.train().rows(rows)), flat(all.test().head(tests)));
    }

    private static Dataset flat(Dataset data) { return data.flat().to(DType.F32).scaled(1 / 255.0); }

    /** As pictures of one channel. */
    Fashion pictures() { return new Fashion(picture(train), picture(test)); }

    private static Dataset picture(Dataset data) { return data.withX(data.x().reshape(data.size(), 1, 28, 28)); }

    /** Per cent. */
    static double accuracy(Module model, Dataset data) {
        return Autograd.noGrad(() -> {
            double right = 0;
            for (int from = 0; from < data.size(); from += 1000) {
                var part = data.range(from, Math.min(data.size(), from + 1000));
                right += model.forward(part.x()).argmax(1).eq(part.y()).to(DType.F64).sum().item();
            }
            return 100 * right / data.size();
        });
    }
}
