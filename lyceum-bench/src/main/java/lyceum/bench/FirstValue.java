package lyceum.bench;

import lyceum.backend.Backend;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.nn.Activation;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** What {@link StartupSuite} starts: computes one value and says "done", with the seconds that went into making machine code (0 without any). */
final class FirstValue {
    private FirstValue() {}

    public static void main(String[] args) {
        switch (args[0]) {
            case "matmul" -> {
                var x = Tensor.rand(Rng.of(1), 1024, 1024);
                read(x.matmul(x));
            }
            case "chain" -> read(Activation.GELU.apply(Tensor.rand(Rng.of(1), 1 << 20).mul(1.5).add(0.5)));
            case "step" -> NnSuite.gpt().get();
            default -> throw new IllegalArgumentException(args[0]);
        }
        System.out.println("done " + (Backend.current().name().equals("x86") ? CodeMemory.nanos() * 1e-9 : 0));
    }

    private static void read(Tensor y) {
        if (!Double.isFinite(y.flatten().get(0).item())) throw new AssertionError("the value is not finite");
    }
}
