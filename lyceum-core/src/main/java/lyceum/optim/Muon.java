package lyceum.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import lyceum.ShapeException;
import lyceum.linalg.NewtonSchulz;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Muon: momentum whose step has all its singular values near 1, so that every direction of a weight matrix learns at the same pace.
 *
 * <p>{@code m = momentum m + g}, {@code u = g + momentum m} (Nesterov) or m, and
 * {@code x = x (1 - rate weightDecay) - rate scale orthogonal(u)} with {@link NewtonSchulz}. Filters and other parameters of more than two axes count
 * as matrices with a row for each index of the first. The length of a step does not depend on that of the gradient.
 *
 * {@snippet :
 * var optimizer = new Muon(0.02).over(model.parameters());                      // AdamW takes vectors, embeddings and heads
 * var same = Muon.matched(3e-4).withHidden((name, x) -> x.rank() == 2 && name.startsWith("blocks.")).over(model.parameters());
 * }
 *
 * <p>{@link #over} hands what {@code hidden} refuses to {@code other}; a schedule scales the rates of both. A rule by itself takes matrices only.
 *
 * @param learningRate of the orthogonal step: 0.02 is usual with {@link Scale#SHAPE}, AdamW's own rate with {@link Scale#RMS}
 * @param momentum in [0, 1)
 * @param nesterov looks ahead along the momentum
 * @param weightDecay decoupled: part of a weight lost per unit of learning rate
 * @param scale of the orthogonal step
 * @param iteration how the step is made orthogonal
 * @param maximize climbs instead; other rule's own setting stands beside it
 * @param other takes the parameters that this rule does not
 * @param hidden which parameters this rule takes, by name and value
 * @see <a href="https://kellerjordan.github.io/posts/muon/">Jordan and others (2024)</a>
 * @see <a href="https://arxiv.org/abs/2502.16982">Liu and others (2025), for decay and the scale of AdamW's steps</a>
 */
@Withers
public record Muon(double learningRate, double momentum, boolean nesterov, double weightDecay, Scale scale, NewtonSchulz iteration,
        boolean maximize, UpdateRule other, BiPredicate<String, Tensor> hidden) implements MuonWithers, UpdateRule {
    private static final Pattern ENDS = Pattern.compile(
            "(^|[.])(wte|wpe|emb|\\w*_emb|\\w*embed\\w*|(\\w*_)?head|\\w+Head)([.]|$)|^(output|classifier|score)[.]",
            Pattern.CASE_INSENSITIVE);

    /** What an orthogonal step of a matrix with r rows and c columns is multiplied by. */
    public enum Scale {
        /** {@code sqrt(max(1, r / c))}: a step changes outputs of unit size by about the rate. */
        SHAPE,
        /** {@code 0.2 sqrt(max(r, c))}: entries move as far, in root mean square, as AdamW's do at the same rate. */
        RMS,
        /** 1. */
        NONE;

        double of(double rows, double columns) {
            return switch (this) {
                case SHAPE -> Math.sqrt(Math.max(1, rows / columns));
                case RMS -> 0.2 * Math.sqrt(Math.max(rows, columns));
                case NONE -> 1;
            };
        }
    }

    public Muon {
        Settings.atLeast("Muon", "learningRate", learningRate, 0);
        Settings.decay("Muon", "momentum", momentum);
        Settings.atLeast("Muon", "weightDecay", weightDecay, 0);
        Objects.requireNonNull(scale, "scale");
        Objects.requireNonNull(iteration, "iteration");
        Objects.requireNonNull(other, "other");
        Objects.requireNonNull(hidden, "hidden");
    }

    /** Momentum 0.95 in Nesterov's form, five quintic steps, no decay, scaled by shape; AdamW of rate 3e-4 and betas 0.9 and 0.95 beside it. */
    public Muon(double learningRate) {
        this(learningRate, 0.95, true, 0, Scale.SHAPE, NewtonSchulz.quintic(5), false, new AdamW(3e-4).withBetas(0.9, 0.95),
                Muon::isHidden);
    }

    /** One rate for all: steps scaled to the size of AdamW's, and the AdamW beside it has the same rate, no decay in both. */
    public static Muon matched(double learningRate) {
        return new Muon(learningRate).withScale(Scale.RMS).withOther(new AdamW(learningRate).withBetas(0.9, 0.95).withWeightDecay(0));
    }

    /**
     * The default of {@code hidden}: two axes or more, and no part of the name says embedding or head (wte, wpe, embed_tokens, pos_emb, lm_head,
     * head, and at the start output, classifier or score). Where modules are named otherwise give a predicate: nothing else tells them apart.
     */
    public static boolean isHidden(String name, Tensor x) { return x.rank() >= 2 && !ENDS.matcher(name).find(); }

    @Override public List<String> slots(Tensor x) {
        if (x.rank() < 2) throw new ShapeException("Muon: a parameter of shape " + x.shape()
                + " is not a matrix; over(parameters) hands it to another rule, or put it in a group of its own");
        return List.of("momentum");
    }

    @Override public Update next(Tensor x, Tensor gradient, List<Tensor> slots, long step, double rate) {
        var g = maximize ? gradient.neg() : gradient;
        var m = slots.getFirst().mul(momentum).add(g);
        var u = nesterov ? g.add(m.mul(momentum)) : m;
        long rows = x.size(0), columns = x.count() / Math.max(1, rows);
        var orthogonal = iteration.of(u.reshape(rows, columns)).reshape(x.shape().toArray());
        var shrunk = weightDecay == 0 ? x : x.mul(1 - rate * weightDecay);
        return new Update(shrunk.sub(orthogonal.mul(rate * scale.of(rows, columns))), List.of(m));
    }

    /** An optimiser in which this rule takes what {@code hidden} accepts and {@code other} the rest; the order of parameters is kept. */
    @Override public Optimizer over(SequencedMap<String, Tensor> parameters) {
        var groups = new ArrayList<Optimizer.Group>();
        parameters.forEach((name, x) -> {
            var one = new LinkedHashMap<String, Tensor>();
            one.put(name, x);
            groups.add(new Optimizer.Group(hidden.test(name, x) ? this : other, one));
        });
        return new Optimizer(groups);
    }
}
