package lyceum.models;

import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.tensor.Tensor;

/** Fashion-MNIST as tests take it: of mean 0 and deviation 1, (n, 1, side, side). */
public final class Clothes {
    private Clothes() {}

    /** The first n for learning, 14 x 14: means of 2 x 2 pixels. */
    public static Dataset small(int n) { return halved(Datasets.fashionMnist().train().head(n)); }

    /** The first n for testing, 14 x 14. */
    public static Dataset smallTest(int n) { return halved(Datasets.fashionMnist().test().head(n)); }

    /** Pictures of bytes (n, 28, 28) as (n, 1, 28, 28). */
    public static Dataset whole(Dataset d) {
        return d.withX(d.x().to(DType.F32).div(255).sub(0.286).div(0.353).reshape(d.size(), 1, 28, 28).compute());
    }

    /** Pictures of bytes (n, 28, 28) as (n, 1, 14, 14). */
    public static Dataset halved(Dataset d) {
        return d.withX(d.x().to(DType.F32).div(255).sub(0.286).div(0.353).reshape(d.size(), 1, 14, 2, 14, 2).mean(new int[] {3, 5}, false)
                .compute());
    }

    /** Pictures of bytes (n, 28, 28) as grey values between 0 and 1, (n, 196): means of 2 x 2 pixels. */
    public static Tensor grey(Dataset d) {
        return d.x().to(DType.F32).div(255).reshape(d.size(), 14, 2, 14, 2).mean(new int[] {2, 4}, false).reshape(d.size(), 196).compute();
    }
}
