package lyceum.backend.cuda;

import lyceum.backend.device.KernelBackend;

/** {@code LYCEUM_BACKEND=cuda}: the kernels of {@link KernelBackend} on the first card. Each call copies there and back. */
public final class CudaBackend extends KernelBackend {
    /** @throws IllegalStateException with the reason, where there is no card to run kernels on */
    public CudaBackend() { this(card()); }

    private CudaBackend(CudaDevice card) { super("cuda", "kernels on " + card.name() + ", else plain Java loops", card); }

    private static CudaDevice card() {
        try {
            var card = CudaDevice.open();
            if (card.canCompile()) return card;
            card.close();
            throw new IllegalStateException("there is a card, but no NVRTC to compile kernels: install the CUDA toolkit");
        } catch (CudaException none) {
            throw new IllegalStateException(none.getMessage(), none);
        }
    }
}
