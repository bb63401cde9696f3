package lyceum.train.continual;

import java.util.stream.IntStream;
import lyceum.nn.Module;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A way to learn new tasks without losing old ones: settings, of which {@link ContinualLearner} starts a {@link Session} for each stream.
 * {@link Replay}, {@link AGem}, {@link Ewc}, {@link SynapticIntelligence}, {@link LearningWithoutForgetting} and
 * {@link ProgressiveColumns} are such.
 */
@FunctionalInterface
public interface ContinualMethod {

    /** @param rng what the method draws is drawn from it */
    Session start(Module model, TaskObjective objective, Rng rng);

    /** A method at work on one stream. What is not overridden changes nothing. For one thread. */
    abstract class Session {
        private final Module model;
        private final TaskObjective objective;

        protected Session(Module model, TaskObjective objective) {
            this.model = model;
            this.objective = objective;
        }

        protected final TaskObjective objective() { return objective; }

        /** The model that answers for a task; it is trained during that task's stage. */
        protected Module model(int task) { return model; }

        /** The tasks whose rows are trained on at a stage. */
        protected int[] tasks(int stage) { return new int[] {stage}; }

        /** Before a stage's first step. */
        protected void begin(int stage, TaskBatch data) {}

        /** The rows of a step, given those that the loader drew. */
        protected TaskBatch extend(int stage, TaskBatch batch) { return batch; }

        /** Added to the loss of a step, in which the batch had these outputs, all competing; null for nothing. */
        protected Tensor extra(int stage, TaskBatch batch, Tensor outputs) { return null; }

        /** The step's gradients, in the order of the model's parameters, as the optimiser will see them. */
        protected Tensor[] change(int stage, Tensor[] gradients) { return gradients; }

        /** After the step. */
        protected void stepped() {}

        /** After a stage's last step. */
        protected void end(int stage, TaskBatch data) {}
    }

    /** Trains on each task in turn and does nothing against forgetting: what the others are compared with. */
    static ContinualMethod naive() { return (model, objective, rng) -> new Session(model, objective) {}; }

    /** Trains on all tasks so far, mixed, at every stage: what memory could at best give. */
    static ContinualMethod joint() {
        return (model, objective, rng) -> new Session(model, objective) {
            @Override protected int[] tasks(int stage) { return IntStream.rangeClosed(0, stage).toArray(); }
        };
    }
}
