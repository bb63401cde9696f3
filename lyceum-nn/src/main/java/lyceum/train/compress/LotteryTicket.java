package lyceum.train.compress;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;
import lyceum.withers.Withers;

/**
 * Searches a randomly initialised network for a part that trains as well alone: train, prune the smallest weights, put the rest back to what they were, again.
 *
 * {@snippet :
 * var search = new LotteryTicket(trainer, 0.2, 15);                 // 0.8^15: 3.5% of the weights remain
 * List<LotteryTicket.Ticket> tickets = search.find(model, loss, data, validation, rng, Progress.SILENT);
 * Module winner = tickets.getLast().network(model);
 * Module control = tickets.getLast().reinitialised(freshModel);      // the same mask at other initial values
 * }
 *
 * @param trainer of each round, the same number of steps for all
 * @param share of the remaining weights that a round prunes, in (0, 1)
 * @param rounds at least 1
 * @param scope magnitudes are compared in the whole network or in each tensor
 * @param rewindTo steps after which the values were that weights go back to; 0 for the initial ones. The learning rate's schedule goes back with them: what starts from
 *         rewound weights starts at that step of it, not with another warm-up
 * @see <a href="https://arxiv.org/abs/1803.03635">Frankle and Carbin (2019)</a>
 * @see <a href="https://arxiv.org/abs/1912.05671">Frankle and others (2020), for rewinding to early training</a>
 */
@Withers
public record LotteryTicket(Trainer trainer, double share, int rounds, Pruner.Scope scope, long rewindTo) implements LotteryTicketWithers {

    /**
     * What a round found.
     *
     * @param masks what remains
     * @param values of {@link Module#state()} to which the weights were rewound, unmasked
     * @param history of the training that chose the masks
     */
    public record Ticket(Masks masks, SequencedMap<String, Tensor> values, History history) {

        public double sparsity() { return masks.sparsity(); }

        /** A network of its own with the ticket's weights, rewound and masked. */
        public <M extends Module> M network(M model) {
            var copy = Module.copy(model);
            copy.load(values);
            return masks.apply(copy);
        }

        /** Control: the same masks at the values of another model, freshly drawn. */
        public <M extends Module> M reinitialised(M fresh) { return masks.apply(Module.copy(fresh)); }

        /** Control: the rewound values under masks that are shuffled within each tensor. */
        public Ticket shuffled(Rng rng) {
            var shuffled = new LinkedHashMap<String, Tensor>();
            masks.kept().forEach((name, mask) -> {
                var order = rng.split(shuffled.size()).permutation((int) mask.count());
                shuffled.put(name, mask.flatten().rows(order).reshape(mask.shape().toArray()));
            });
            return new Ticket(Masks.of(shuffled), values, history);
        }

        /** Control: the rewound values under as many weights drawn from all tensors alike. */
        public Ticket random(Rng rng) {
            var scores = new LinkedHashMap<String, Tensor>();
            masks.kept().forEach((name, mask) -> scores.put(name, Tensor.rand(rng.split(scores.size()), mask.shape().toArray()).compute()));
            return new Ticket(Pruner.magnitude(masks.sparsity()).masks(scores, List.of()), values, history);
        }
    }

    public LotteryTicket {
        Objects.requireNonNull(trainer, "trainer");
        if (!(share > 0 && share < 1)) throw new IllegalArgumentException("LotteryTicket: share is " + share + "; it lies in (0, 1)");
        if (rounds < 1) throw new IllegalArgumentException("LotteryTicket: " + rounds + " rounds; at least 1");
        if (scope == Pruner.Scope.ROW)
            throw new IllegalArgumentException("LotteryTicket: scope is ROW; weights compete in the network or in a tensor");
        if (rewindTo < 0) throw new IllegalArgumentException("LotteryTicket: rewindTo is " + rewindTo + " steps; at least 0");
    }

    /** In each tensor, as the paper's fully connected networks; back to the initial values. */
    public LotteryTicket(Trainer trainer, double share, int rounds) { this(trainer, share, rounds, Pruner.Scope.TENSOR, 0); }

    /** One round that prunes at once what the rounds of this prune together. */
    public LotteryTicket oneShot() { return withShare(1 - Math.pow(1 - share, rounds)).withRounds(1); }

    /**
     * A ticket a round. The model is the source of initial values and is not changed.
     *
     * @param validation its loss is noted after each epoch; null for none
     * @throws lyceum.progress.CancelledException if progress says so, between two steps
     */
    public List<Ticket> find(Module model, Loss loss, Dataset data, Dataset validation, Rng rng, Progress progress) {
        var network = Module.copy(model);
        var values = values(network);
        Masks masks = Pruner.magnitude(0).masks(network);
        var tickets = new ArrayList<Ticket>();
        for (int round = 1; round <= rounds; round++) {
            var run = start(network, masks, loss, data, validation, rng, round == 1 ? 0 : rewindTo);
            masks.apply(network);
            if (round == 1 && rewindTo > 0) {
                while (run.steps() < rewindTo && masks.step(run)) {
                }
                values = values(network);
            }
            var history = masks.finish(run, progress);
            masks = masks.and(new Pruner(Score.magnitude(), 1 - Math.pow(1 - share, round), scope, 0, 1).masks(masks.apply(network)));
            tickets.add(new Ticket(masks, values, history));
            network = tickets.getLast().network(network);
        }
        return tickets;
    }

    /**
     * Trains a network under masks, with the same settings as the later rounds of the search: the schedule begins at {@code rewindTo}. For one at its initial values, such
     * as a dense control, take {@code withRewindTo(0)}.
     */
    public History train(Module network, Masks masks, Loss loss, Dataset data, Dataset validation, Rng rng) {
        return masks.finish(start(network, masks, loss, data, validation, rng, rewindTo), Progress.SILENT);
    }

    private TrainingRun start(Module network, Masks masks, Loss loss, Dataset data, Dataset validation, Rng rng, long from) {
        var schedule = trainer.schedule();
        return trainer.withSchedule(from == 0 ? schedule : step -> schedule.factor(step + from)).start(network, data.size(),
                masks.loss(network, loss, data),
                validation == null ? null : () -> Autograd.noGrad(() -> loss.of(network.forward(validation.x()), validation.y()).item()),
                rng);
    }

    private static SequencedMap<String, Tensor> values(Module model) {
        var values = new LinkedHashMap<String, Tensor>();
        try (var kept = Scope.outside()) {
            Autograd.noGrad(() -> model.state().forEach((name, t) -> values.put(name, t.detach().copy().compute())));
        }
        return values;
    }
}
