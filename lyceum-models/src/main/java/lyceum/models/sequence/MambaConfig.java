package lyceum.models.sequence;

import java.util.Objects;
import lyceum.DType;
import lyceum.nn.MixerConfig;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The choices of a {@link Mamba} layer.
 *
 * @param width of the input and the output
 * @param expand inner channels for each channel of the width
 * @param state numbers that each inner channel keeps
 * @param kernel taps of the short convolution
 * @param rank of the projection to the steps
 * @param leastStep to which the steps are initialised at least, and {@code mostStep} at most
 * @param hold how the input enters; the published weights mean {@link SelectiveScan.Hold#EULER}
 * @param bias whether the two outer projections have one
 * @param method how the recurrence is computed
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record MambaConfig(int width, int expand, int state, int kernel, int rank, double leastStep, double mostStep,
        SelectiveScan.Hold hold, boolean bias, SelectiveScan.Method method, DType dtype) implements MixerConfig, MambaConfigWithers {
    public MambaConfig {
        if (width < 1 || expand < 1 || state < 1 || kernel < 1 || rank < 1) throw new IllegalArgumentException("MambaConfig: width " + width
                + ", expand " + expand + ", state " + state + ", kernel " + kernel + " and rank " + rank + " are positive");
        if (!(leastStep > 0 && mostStep >= leastStep)) throw new IllegalArgumentException(
                "MambaConfig: steps from " + leastStep + " to " + mostStep + "; they are positive, and the first is no larger");
        Objects.requireNonNull(hold, "hold");
        Objects.requireNonNull(method, "method");
        if (dtype != DType.F32 && dtype != DType.F64)
            throw new IllegalArgumentException("MambaConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** The paper's: twice the width, 16 numbers a channel, 4 taps, rank {@code ceil(width / 16)}, steps from 0.001 to 0.1, no biases, F32. */
    public MambaConfig(int width) {
        this(width, 2, 16, 4, Math.ceilDiv(width, 16), 0.001, 0.1, SelectiveScan.Hold.EULER, false, SelectiveScan.Method.FUSED, DType.F32);
    }

    /** Inner channels. */
    public int inner() { return expand * width; }

    /** Numbers of the recurrent state for one sequence, whatever its length. */
    public long stateSize() { return (long) inner() * (state + kernel - 1); }

    @Override public Mamba build(Rng rng) { return new Mamba(this, rng); }
}
