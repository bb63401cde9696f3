package lyceum.models.ssl;

import lyceum.models.vision.VisionTransformerConfig;
import lyceum.withers.Withers;

/**
 * The choices of a {@link DinoV2}.
 *
 * {@snippet :
 * var config = new DinoV2Config(new VisionTransformerConfig(14, 2, 1, 32, 2, 4), 64).withBalance(new PrototypeBalance.Centring(0.9));
 * }
 *
 * @param backbone what is kept, with a class token; DINOv2's have no head, and 4 registers in their later form
 * @param prototypes outputs of each head
 * @param hidden units of the heads' maps
 * @param bottleneck width of the vector whose cosines with prototypes are the logits
 * @param balance of the teacher's targets
 * @param studentTemperature of the student's softmax
 * @param teacherTemperature of the teacher's: below the student's it sharpens
 * @param masked share of global crops of which patches are hidden from the student
 * @param hiddenLow least share of hidden patches in these
 * @param hiddenHigh largest
 * @param patchWeight of the masked-patch loss (iBOT), beside 1 for that of the pictures
 * @param spreadWeight of the {@linkplain DinoV2#koLeo spreading} term
 * @param momentum of the teacher at the beginning; it rises to 1
 */
@Withers
public record DinoV2Config(VisionTransformerConfig backbone, int prototypes, int hidden, int bottleneck, PrototypeBalance balance,
        double studentTemperature, double teacherTemperature, double masked, double hiddenLow, double hiddenHigh, double patchWeight,
        double spreadWeight, double momentum) implements DinoV2ConfigWithers {

    public DinoV2Config {
        if (!backbone.classToken() || backbone.classes() != 0 || backbone.pool() != VisionTransformerConfig.Pool.CLASS)
            throw new IllegalArgumentException("DinoV2Config: the backbone pools by its class token and has no head of its own");
        if (prototypes < 2 || hidden < 1 || bottleneck < 1) throw new IllegalArgumentException(
                "DinoV2Config: " + prototypes + " prototypes, hidden " + hidden + ", bottleneck " + bottleneck + "; at least 2 and 1");
        if (!(studentTemperature > 0 && teacherTemperature > 0)) throw new IllegalArgumentException(
                "DinoV2Config: temperatures " + studentTemperature + " and " + teacherTemperature + "; both are above 0");
        if (!(masked >= 0 && masked <= 1 && hiddenLow > 0 && hiddenLow <= hiddenHigh && hiddenHigh <= 1))
            throw new IllegalArgumentException("DinoV2Config: masked " + masked + ", hidden from " + hiddenLow + " to " + hiddenHigh
                    + "; shares, the second in order and above 0");
        if (!(patchWeight >= 0 && spreadWeight >= 0 && momentum >= 0 && momentum <= 1)) throw new IllegalArgumentException(
                "DinoV2Config: weights " + patchWeight + " and " + spreadWeight + ", momentum " + momentum + "; at least 0, and in [0, 1]");
    }

    /**
     * Heads of 4 and 1 times the backbone's width, 3 Sinkhorn rounds, temperatures 0.1 and 0.07, half of the crops masked by 10 to 50%, weights 1 and 0.1,
     * momentum 0.992.
     */
    public DinoV2Config(VisionTransformerConfig backbone, int prototypes) {
        this(backbone, prototypes, 4 * backbone.width(), backbone.width(), new PrototypeBalance.SinkhornKnopp(3), 0.1, 0.07, 0.5, 0.1, 0.5,
                1, 0.1, 0.992);
    }
}
