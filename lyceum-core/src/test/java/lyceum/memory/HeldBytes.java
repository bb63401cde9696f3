package lyceum.memory;

import lyceum.tensor.Tensor;

/** Adds 200 tensors of 2 MiB to a pending sum, which would hold them all were it not bounded, within a budget of 96 MiB; then 300 graphs. */
public final class HeldBytes {
    private HeldBytes() {}

    public static void main(String[] args) {
        long n = 1 << 18;
        Tensor sum = Tensor.zeros(lyceum.DType.F64, n);
        for (int i = 0; i < 200; i++) {
            sum = sum.add(Tensor.ones(lyceum.DType.F64, n).mul(i).compute());
            if (i % 10 != 9) continue;
            System.gc();
            for (int wait = 0; wait < 50 && Memory.stats().inUse() > 40L << 20; wait++) Thread.onSpinWait();
        }
        System.out.println("sum " + sum.item(5));
        var w = Tensor.ones(lyceum.DType.F64, n).requiresGrad();
        for (int i = 0; i < 300; i++) {
            var loss = w.mul(i).sin().mul(w).exp().mul(1e-3).sum();
            loss.backward();
            w.zeroGrad();
        }
        System.out.println("graphs released");
    }
}
