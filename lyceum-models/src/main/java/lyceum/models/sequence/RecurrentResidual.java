package lyceum.models.sequence;

import lyceum.DType;
import lyceum.nn.Pass;
import lyceum.nn.RMSNorm;
import lyceum.nn.RecurrentState;
import lyceum.tensor.Tensor;

/** {@code x + mixer(norm(x))}, with a {@link RMSNorm}. Children: {@code norm}, {@code mixer}. */
public final class RecurrentResidual extends RecurrentMixer {
    private final RMSNorm norm;
    private final RecurrentMixer mixer;

    public RecurrentResidual(RecurrentMixer mixer, DType dtype) {
        super(mixer.width());
        norm = new RMSNorm(mixer.width(), 1e-5, false, dtype);
        this.mixer = mixer;
    }

    public RecurrentMixer mixer() { return mixer; }

    @Override public RecurrentState initial(long batch) { return mixer.initial(batch); }

    @Override protected Output through(Tensor x, RecurrentState before, Pass pass) {
        var out = mixer.run(norm.forward(x, pass), before, pass);
        return new Output(x.add(out.y()), out.state());
    }
}
