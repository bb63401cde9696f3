package lyceum.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.DoubleSupplier;
import lyceum.data.Dataset;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Goes on training a network that knows something: which parts move, how fast each, and from when on.
 *
 * {@snippet :
 * var network = FineTuner.withHead(pretrained, 3);                               // its body, and a new last layer of 3 outputs
 * var tuner = new FineTuner(new Trainer(new Adam(1e-3), 10), List.of("0.*", "3.*", "7.*"))
 *         .withDecay(0.5)                                                        // 1e-3 for the head "7.*", 5e-4 for "3.*", 2.5e-4 for "0.*"
 *         .withPolicy(FineTuner.Policy.GRADUAL);                                 // the head first, one group more each epoch
 * tuner.fit(network, Loss::crossEntropy, train, validation, rng, Progress.SILENT);
 * FineTuner.full(trainer).fit(network, loss, train, null, rng, Progress.SILENT); // everything at once
 * }
 *
 * <p>A head is a {@link Linear} layer: as many outputs as classes, as targets of a regression, or as tokens of a language model. Statistics of batch norms
 * are no parameters: they follow the data even where a group is frozen.
 *
 * @param trainer for all else
 * @param groups patterns of parameter names ({@code *} is any text), from the input to the head: a parameter belongs to the first that matches
 * @param decay the rate of a group that has n groups after it is multiplied by {@code decay^n}
 * @param policy which groups move when
 * @see <a href="https://arxiv.org/abs/1801.06146">Howard and Ruder (2018): rates by layer, gradual unfreezing</a>
 */
@Withers
public record FineTuner(Trainer trainer, List<String> groups, double decay, Policy policy) implements FineTunerWithers {
    /** Which groups are trained. */
    public enum Policy {
        /** All, from the start. */
        ALL,
        /** The last alone: the network's body gives fixed features. */
        HEAD,
        /** The last in the first epoch, and one more, from the head downwards, in each epoch after. */
        GRADUAL,
        /** The last in the first epoch, then all (Kumar et al. 2022). */
        HEAD_THEN_ALL
    }

    public FineTuner {
        Objects.requireNonNull(trainer, "trainer");
        Objects.requireNonNull(policy, "policy");
        groups = List.copyOf(groups);
        if (groups.isEmpty()) throw new IllegalArgumentException("FineTuner: no group; name at least the head's parameters, or \"*\"");
        if (!(decay > 0 && decay <= 1)) throw new IllegalArgumentException("FineTuner: decay is " + decay + "; it lies in (0, 1]");
    }

    /** All groups at one rate, from the start. */
    public FineTuner(Trainer trainer, List<String> groups) { this(trainer, groups, 1, Policy.ALL); }

    /** Every parameter at one rate, from the start. */
    public static FineTuner full(Trainer trainer) { return new FineTuner(trainer, List.of("*")); }

    /**
     * The network's layers but the last, which must be linear, and then a fresh linear one with that many outputs. It begins at zero, so that its first
     * gradients do not disturb the body, which is shared, not copied.
     */
    public static Sequential withHead(Sequential network, long outputs) {
        var layers = new ArrayList<Layer>(network.layers());
        if (!(layers.getLast() instanceof Linear old)) throw new IllegalArgumentException(
                "withHead: the last layer is " + layers.getLast().getClass().getSimpleName() + "; a Linear one can be replaced");
        var type = old.weight().dtype();
        layers.set(layers.size() - 1,
                new Linear(Tensor.zeros(type, outputs, old.weight().size(1)), old.bias() == null ? null : Tensor.zeros(type, outputs)));
        return new Sequential(layers);
    }

    /** The learning rate of each parameter that is trained: the rule's, times the decay by depth. */
    public SequencedMap<String, Double> rates(Module model) {
        var rates = new LinkedHashMap<String, Double>();
        members(model)
                .forEach((name, group) -> rates.put(name, trainer.rule().learningRate() * Math.pow(decay, groups.size() - 1 - group)));
        return rates;
    }

    private SequencedMap<String, Integer> members(Module model) {
        var members = new LinkedHashMap<String, Integer>();
        for (int g = 0; g < groups.size(); g++) {
            int before = members.size(), group = g;
            for (var name : model.parameters(groups.get(g)).keySet()) members.putIfAbsent(name, group);
            if (members.size() == before) throw new IllegalArgumentException(
                    "FineTuner: no trainable parameter matches group " + groups.get(g) + "; there are " + model.parameters().keySet());
        }
        var ordered = new LinkedHashMap<String, Integer>();
        for (var name : model.parameters().keySet()) {
            var group = members.get(name);
            if (group == null)
                throw new IllegalArgumentException("FineTuner: " + name + " is in no group; freeze it or add a group that matches");
            ordered.put(name, group);
        }
        return ordered;
    }

    /**
     * A run that has not taken a step yet. Parameters that the policy holds still are frozen until their time, and unfrozen when the run ends.
     *
     * @param rows of the data
     * @param validation the score of the model as it is, lower is better; null for none
     */
    public TrainingRun start(Module model, int rows, BatchLoss loss, DoubleSupplier validation, Rng rng) {
        var members = members(model);
        var parameters = model.parameters();
        var run = trainer.withListener((r, epoch) -> {
            if (r.isFinished()) held(model, members, -1);
            else held(model, members, waiting(epoch.number() + 1));
        }).start(model, rows, loss, validation, rng);
        for (int g = 0; g < groups.size(); g++) {
            int group = g;
            if (decay < 1) run.optimizer().scaleRates(Math.pow(decay, groups.size() - 1 - g),
                    (name, p) -> parameters.get(name) == p && members.get(name) == group);
        }
        held(model, members, waiting(0));
        return run;
    }

    /** How many groups, from the input on, stand still in an epoch. */
    private int waiting(int epoch) {
        int all = groups.size() - 1;
        return switch (policy) {
            case ALL -> 0;
            case HEAD -> all;
            case GRADUAL -> Math.max(0, all - epoch);
            case HEAD_THEN_ALL -> epoch == 0 ? all : 0;
        };
    }

    private static void held(Module model, SequencedMap<String, Integer> members, int waiting) {
        members.forEach((name, group) -> {
            if (group < waiting) model.freeze(name);
            else model.unfreeze(name);
        });
    }

    /** Trains to the end; nothing stays frozen, also where progress says to stop. See {@link Trainer#fit(Module, Loss, Dataset, Dataset, Rng, Progress)}. */
    public History fit(Module model, Loss loss, Dataset data, Dataset validation, Rng rng, Progress progress) {
        var members = members(model);
        try {
            return start(model, data.size(), BatchLoss.of(model, loss, data),
                    validation == null ? null : trainer.meanLoss(model, loss, validation), rng).finish(progress);
        } finally {
            held(model, members, -1);
        }
    }
}
