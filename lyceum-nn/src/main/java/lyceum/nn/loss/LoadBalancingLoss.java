package lyceum.nn.loss;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The price of an uneven load in a mixture of experts, {@code E sum_e f_e P_e}: f the share of choices that fell on expert e, P its mean probability. Even
 * routing costs 1, everything to one expert with certainty E. f is a count and carries no gradient; P does.
 *
 * {@snippet :
 * Tensor price = new LoadBalancingLoss().of(probabilities, chosen, null).mul(0.01);                    // (T, E), (T, k)
 * Tensor each = new LoadBalancingLoss().withSequences(true).of(probabilities, chosen, padding);        // (B, T, E), (B, T, k), (B, T)
 * Tensor z = LoadBalancingLoss.zLoss(logits).mul(1e-3);
 * }
 *
 * <p>1 is not the least value: a crowded expert with lukewarm probabilities is cheap. f is divided by k, so that even routing costs 1 for every k (Hugging
 * Face's Mixtral does not, and shows k). The weight is the caller's to multiply by.
 *
 * @param sequences each sequence is balanced by itself and the mean is taken (DeepSeek-V3, equation 17); otherwise all tokens are counted together
 * @param devices experts lie in so many groups of equal size, in order, and the load of groups is what is balanced (DeepSeek-V2, equation 26); 0 for that of
 *        experts
 * @see <a href="https://arxiv.org/abs/2101.03961">Fedus, Zoph and Shazeer (2022), equation 4</a>
 */
@Withers
public record LoadBalancingLoss(boolean sequences, int devices) implements LoadBalancingLossWithers {
    public LoadBalancingLoss {
        if (devices < 0) throw new IllegalArgumentException("LoadBalancingLoss: devices is " + devices + "; it is 0 or a number of groups");
    }

    /** All tokens together, expert by expert. */
    public LoadBalancingLoss() { this(false, 0); }

    /**
     * The loss, a scalar.
     *
     * @param probabilities (.., T, E) of the router
     * @param chosen (.., T, k), integers: the experts of each token, before any is dropped
     * @param mask (.., T) of tokens that count; null for all. Padding belongs left out
     * @throws ShapeException if the shapes do not fit
     */
    public Tensor of(Tensor probabilities, Tensor chosen, Tensor mask) {
        int rank = probabilities.rank();
        if (rank < 2 || chosen.rank() != rank) throw new ShapeException("LoadBalancingLoss: probabilities " + probabilities.shape()
                + " and choices " + chosen.shape() + "; they are (.., T, E) and (.., T, k)");
        return ofShares(probabilities, chosen.oneHot(probabilities.dtype(), probabilities.size(-1)).sum(-2).div(chosen.size(-1)), mask);
    }

    /** The same for choices as shares: (.., T, E), each row the parts of a token's choices that fell on each expert. */
    public Tensor ofShares(Tensor probabilities, Tensor shares, Tensor mask) {
        if (!probabilities.shape().equals(shares.shape())) throw new ShapeException(
                "LoadBalancingLoss: probabilities " + probabilities.shape() + " and shares " + shares.shape() + " differ");
        long experts = probabilities.size(-1), tokens = sequences ? probabilities.size(-2) : probabilities.count() / experts;
        Tensor p = probabilities.reshape(-1, tokens, experts), s = shares.detach().to(p.dtype()).reshape(-1, tokens, experts), f, mean;
        if (mask == null) {
            f = s.mean(1, false);
            mean = p.mean(1, false);
        } else {
            var counted = mask.to(p.dtype()).reshape(-1, tokens, 1);
            var n = counted.sum(1, false).maximum(1);
            f = s.mul(counted).sum(1, false).div(n);
            mean = p.mul(counted).sum(1, false).div(n);
        }
        if (devices > 0) {
            if (experts % devices != 0) throw new ShapeException(
                    "LoadBalancingLoss: " + experts + " experts do not lie on " + devices + " devices in equal numbers");
            f = f.reshape(-1, devices, experts / devices).sum(-1);
            mean = mean.reshape(-1, devices, experts / devices).sum(-1);
        }
        return f.mul(mean).sum(-1).mul(devices > 0 ? devices : experts).mean();
    }

    /**
     * The squared coefficient of variation (population variance over squared mean) of the columns' sums: of gates (T, E) it is the importance loss, of
     * {@linkplain lyceum.nn.Routing#smoothLoad probabilities of being chosen} the load loss (Shazeer et al. 2017, equations 7 and 11). 0 where all sums are 0.
     */
    public static Tensor squaredVariation(Tensor perToken) {
        var sums = perToken.sum(0, false);
        var mean = sums.mean();
        return sums.sub(mean).square().mean().div(mean.square().maximum(perToken.dtype() == DType.F64 ? 1e-300 : 1e-30));
    }

    /** Mean of {@code (log sum exp logits)^2} over tokens (.., E): keeps logits small (Zoph et al. 2022, equation 5; their weight is 0.001). */
    public static Tensor zLoss(Tensor logits) { return logits.logSumExp(-1).square().mean(); }
}
