package lyceum.tensor;

import lyceum.random.Rng;

/** Attention and its gradients over a sequence whose scores would take several times the budget that this JVM is given. */
public final class LongAttention {
    private LongAttention() {}

    public static void main(String[] args) {
        long time = Long.parseLong(args[0]);
        Tensor q = Tensor.randn(Rng.of(1), 1, 2, time, 8).requiresGrad(), k = Tensor.randn(Rng.of(2), 1, 1, time, 8).requiresGrad(),
                v = Tensor.randn(Rng.of(3), 1, 1, time, 8).requiresGrad();
        for (var attention : new Attention[] {new Attention().withCausal(true), new Attention().withCausal(true).withWindow(100),
                new Attention().withKeyLengths(Tensor.of((int) time - 5))})
            attention.of(q, k, v).square().sum().backward();
        System.out.println(q.grad().isFinite().all().item() + k.grad().isFinite().all().item() + v.grad().isFinite().all().item() == 3
                ? "all finite" : "not finite");
    }
}
