package lyceum.autograd;

import lyceum.DType;
import lyceum.memory.Memory;
import lyceum.tensor.Tensor;

/** A derivative through a loop of 20,000 steps over a state of 160 KB, by forward mode; prints the value and the most bytes that tensors held. */
public final class LongLoopMain {
    static final int STEPS = 20_000, SIZE = 20_000;

    private LongLoopMain() {}

    public static void main(String[] args) {
        var start = Tensor.linspace(0.1, 1, SIZE);
        // x' = -x, in steps of 1e-4: after 20,000 of them x is (1 - 1e-4)^20000 of what it was, and so is its derivative.
        var tangent = Autograd.jvp(x -> {
            for (int i = 0; i < STEPS; i++) x = x.sub(x.mul(1e-4));
            return x;
        }, start, Tensor.ones(DType.F64, SIZE));
        System.out.println(tangent.mean().item() + " " + Memory.stats().peak());
    }
}
