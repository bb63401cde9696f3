package lyceum.bench;

import lyceum.nn.Activation;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** What {@link StartupSuite} starts: computes one value and says "done". */
final class FirstValue {
    private FirstValue() { }

    public static void main(String[] args) {
        boolean product = args[0].equals("matmul");
        var x = product ? Tensor.rand(Rng.of(1), 1024, 1024) : Tensor.rand(Rng.of(1), 1 << 20);
        var y = product ? x.matmul(x) : Activation.GELU.apply(x.mul(1.5).add(0.5));
        if (!Double.isFinite(y.flatten().get(0).item())) throw new AssertionError("the value is not finite");
        System.out.println("done");
    }
}
