package lyceum.models.ssl;

import java.util.ArrayList;
import java.util.Objects;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.DataLoader;
import lyceum.data.Dataset;
import lyceum.models.vision.VisionBackbone;
import lyceum.nn.InBatches;
import lyceum.nn.Mlp;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.NegativeQueue;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.LinearProbe;
import lyceum.train.Trainer;

/**
 * Learns an encoder from pairs of views, without labels: any module that makes vectors of things, a projector on it, and an {@linkplain ViewObjective objective}
 * that compares the projections. What the objective needs stands beside: a predictor, a copy that follows, a queue of keys.
 *
 * {@snippet :
 * var learner = new TwoViewLearner(network, 64, new SimClr(0.5), ViewHeads.of(32), rng);
 * var trainer = new Trainer(new AdamW(1e-3), 20).withBatchSize(128);
 * var history = learner.fit(x, Views.simclr(0.3, 0.5), trainer, rng, Progress.SILENT);
 * history.figure();                                            // whether it collapses
 * double share = learner.probe(train, validation);             // a linear classifier on the frozen encoder
 * }
 *
 * <p>State: {@code encoder.*}, {@code projector.*}, {@code predictor.*}, {@code target.*}; the queue is not part of it and begins with random directions. For one
 * thread; the trainer's shards are 1. Both views pass the network apart, so a batch's norm sees one view at a time.
 */
public final class TwoViewLearner extends Module {
    /**
     * All that a file says of one for pictures.
     *
     * @param encoder of pictures, without a head
     * @param objective that is learned
     * @param heads over the encoder
     */
    public record Plan(VisionBackbone encoder, ViewObjective objective, ViewHeads heads) {
        public Plan {
            Objects.requireNonNull(encoder, "encoder");
            Objects.requireNonNull(objective, "objective");
            Objects.requireNonNull(heads, "heads");
        }

        public TwoViewLearner build(Rng rng) {
            var trunk = encoder.build(rng);
            return new TwoViewLearner(trunk.module(), trunk.width(), objective, heads, rng);
        }
    }

    /** An encoder under its projector: what a target copies. */
    private static final class Trunk extends Module {
        private final Module encoder;
        private final Mlp projector;

        Trunk(Module encoder, Mlp projector) {
            this.encoder = encoder;
            this.projector = projector;
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return projector.forward(encoder.forward(x, pass), pass); }
    }

    private static final int MONITORED = 512;

    private final ViewObjective objective;
    private final ViewHeads heads;
    private final Trunk trunk;
    private final Mlp predictor;
    private final Trunk target;
    private final Rng directions;
    private NegativeQueue queue;

    /**
     * @param encoder from things to vectors (n, width); it is trained in place
     * @param rng the heads' first weights and the queue's first keys are drawn from it
     */
    public TwoViewLearner(Module encoder, int width, ViewObjective objective, ViewHeads heads, Rng rng) {
        this.objective = objective;
        this.heads = heads;
        trunk = new Trunk(encoder, heads.projector(width, rng));
        predictor = objective.isPredicting() ? heads.predictor(rng) : null;
        target = objective.target() == ViewObjective.Target.TEACHER ? new EmaTeacher<>(trunk).module() : null;
        directions = rng.split(1);
        copied();
    }

    /** A queue of its own, of random directions. */
    @Override protected void copied() {
        if (objective.queue() == 0) return;
        queue = new NegativeQueue(objective.queue(), heads.projection());
        queue.push(Tensor.randn(directions.copy(), objective.queue(), heads.projection()));
    }

    public ViewObjective objective() { return objective; }

    public Module encoder() { return trunk.encoder; }

    /** Encoder and projector that follow, frozen; null unless the objective has a teacher. */
    public Module target() { return target; }

    /** Keys of earlier batches; null unless the objective has a queue. */
    public NegativeQueue queue() { return queue; }

    /** Projections (n, projection). */
    @Override protected Tensor compute(Tensor x, Pass pass) { return trunk.forward(x, pass); }

    /** The objective for a batch's two views. A pass that learns puts the new keys into the queue. */
    public Tensor loss(Tensor first, Tensor second, Pass pass) {
        boolean both = objective.isSymmetric(), needed = both || objective.target() != ViewObjective.Target.TEACHER;
        Tensor z = trunk.forward(first, pass), other = needed ? trunk.forward(second, pass) : null;
        Tensor keys = target(other, second, pass);
        var negatives = queue == null ? null : queue.keys();
        var loss = objective.loss(new ViewObjective.Outputs(predicted(z, pass), both ? predicted(other, pass) : null,
                both ? target(z, first, pass) : null, keys, negatives));
        if (queue != null && pass.isRemembered()) queue.push(keys);
        return loss;
    }

    private Tensor predicted(Tensor projection, Pass pass) { return predictor == null ? projection : predictor.forward(projection, pass); }

    private Tensor target(Tensor projection, Tensor view, Pass pass) {
        return switch (objective.target()) {
            case ITSELF -> projection;
            case STOPPED -> projection.detach();
            case TEACHER -> Autograd.noGrad(() -> target.forward(view, pass).compute());
        };
    }

    /** What follows a step: the teacher's. */
    public void follow(double momentum) { if (target != null) EmaTeacher.follow(target, trunk, momentum); }

    /**
     * Trains on things (n, ..), two views of each at a time; rows that fill no batch are left out of a pass; there is at least one batch.
     *
     * @param trainer optimiser, epochs, batch size; its listeners hear of the run
     * @return losses, and by epoch how the projections of the first 512 things spread
     */
    public TwoViewHistory fit(Tensor items, Views views, Trainer trainer, Rng rng, Progress progress) {
        if (trainer.shards() > 1) throw new IllegalArgumentException(
                "TwoViewLearner.fit: " + trainer.shards() + " shards; an objective over the batch cannot be cut into parts, take 1");
        int n = Math.toIntExact(items.size(0));
        if (n < trainer.batchSize()) throw new ShapeException(
                "TwoViewLearner.fit: things " + items.shape() + " for batches of " + trainer.batchSize() + "; they fill at least one");
        long steps = (long) trainer.epochs() * Math.ceilDiv(n / trainer.batchSize(), trainer.accumulated());
        var monitored = items.narrow(0, 0, Math.min(n, MONITORED));
        var spreads = new ArrayList<TwoViewHistory.Spread>();
        BatchLoss loss = (batch, pass) -> {
            var some = items.rows(batch);
            return loss(views.of(some, pass.rng().split(1)), views.of(some, pass.rng().split(2)), pass);
        };
        var run = trainer.withLast(DataLoader.Last.DROP)
                .withListener(Trainer.Listener.afterStep(r -> follow(objective.momentum(r.steps(), steps))))
                .withListener((r, epoch) -> spreads.add(TwoViewHistory.Spread.of(project(monitored, MONITORED))))
                .start(this, n, loss, null, rng);
        return new TwoViewHistory(run.finish(progress), spreads);
    }

    /** What the frozen encoder says of things, (n, width), so many at a time. */
    public Tensor features(Tensor items, int batch) { return InBatches.of(items, batch, trunk.encoder::forward); }

    /** Projections of things, (n, projection), so many at a time: where the objective acts, and where collapse shows. */
    public Tensor project(Tensor items, int batch) { return InBatches.of(items, batch, trunk::forward); }

    /** The share of test things whose class a {@link LinearProbe} of labelled ones reads off the frozen encoder. */
    public double probe(Dataset labelled, Dataset test) {
        return LinearProbe.fit(features(labelled.x(), MONITORED), labelled.y()).accuracy(features(test.x(), MONITORED), test.y());
    }

    @Override protected String nameOf(String field) { return field.equals("trunk") ? "" : field; }

    @Override protected String nameOf(String child, String tensor) { return child.isEmpty() ? tensor : super.nameOf(child, tensor); }
}
