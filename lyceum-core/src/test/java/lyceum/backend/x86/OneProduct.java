package lyceum.backend.x86;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A product, for JVMs that look at the code it makes. */
public final class OneProduct {
    private OneProduct() {}

    public static void main(String[] args) {
        Tensor a = Tensor.randn(Rng.of(1), 50, 70), b = Tensor.randn(Rng.of(2), 70, 90);
        System.out.println(a.matmul(b).sum().item());
    }
}
