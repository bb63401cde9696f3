package lyceum.nn;

import lyceum.withers.Withers;

/**
 * What an LSTM cell has beyond, or other than, the usual.
 *
 * @param projection width of {@code h}, if not that of the memory: {@code h = W_hr (o tanh c)} (Sak et al. 2014); 0 for none
 * @param peephole gates also see the memory, each unit its own (Gers and Schmidhuber 2000)
 * @param forgetBias is added to the drawn bias of the forget gate (Gers et al. 2000; Jozefowicz et al. 2015), 1 by default; PyTorch adds 0
 * @param layerNorm normalises what gates get from input and state, and the memory on its way out (Ba et al. 2016)
 * @param zoneoutH the chance that a unit of {@code h} stays as it was, while learning; its mean while predicting (Krueger et al. 2017)
 * @param zoneoutC the same for the memory that is carried on; {@code h} comes of the new memory all the same
 */
@Withers
public record LstmVariant(int projection, boolean peephole, double forgetBias, boolean layerNorm, double zoneoutH, double zoneoutC)
        implements LstmVariantWithers {
    public LstmVariant {
        if (projection < 0)
            throw new IllegalArgumentException("LstmVariant: projection is " + projection + "; it is positive, or 0 for none");
        if (!Double.isFinite(forgetBias)) throw new IllegalArgumentException("LstmVariant: forgetBias is " + forgetBias + "; it is finite");
        if (!(zoneoutH >= 0 && zoneoutH < 1 && zoneoutC >= 0 && zoneoutC < 1))
            throw new IllegalArgumentException("LstmVariant: zoneout is " + zoneoutH + " and " + zoneoutC + "; each lies in [0, 1)");
    }

    /** The usual cell with a forget bias of 1. */
    public LstmVariant() { this(0, false, 1, false, 0, 0); }
}
