package lyceum.models.generative.adversarial;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.ConvergenceException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.models.ssl.EmaTeacher;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Optimizer;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A game in progress, made by {@link Gan#start}. It can be saved between steps and resumed. For one thread. */
public final class GanRun {
    /**
     * One step's numbers, from before the step.
     *
     * @param objective the critic's payoff, see {@link Gan#objective}
     * @param penalty on the critic; 0 for none
     * @param generatorLoss without regulariser; NaN where the critic trained alone
     */
    public record Losses(double objective, double penalty, double generatorLoss) {}

    private final Gan gan;
    private final Module generator, critic;
    private final GanGame game;
    private final Rng rng;
    private final Optimizer generatorSteps, criticSteps;
    private final Tensor[] ofGenerator, ofCritic;
    private final EmaTeacher<Module> average;
    private final List<Losses> history = new ArrayList<>();

    GanRun(Gan gan, Module generator, Module critic, GanGame game, Rng rng) {
        this.gan = gan;
        this.generator = generator;
        this.critic = critic;
        this.game = game;
        this.rng = rng.copy();
        generatorSteps = gan.generatorRule().over(generator.parameters()).scheduledBy(gan.schedule());
        criticSteps = gan.criticRule().over(critic.parameters()).scheduledBy(gan.schedule());
        ofGenerator = generatorSteps.parameters().toArray(Tensor[]::new);
        ofCritic = criticSteps.parameters().toArray(Tensor[]::new);
        average = gan.averaging() == 0 ? null : new EmaTeacher<>(generator);
    }

    /** What to draw from: the average if there is one, else the generator that is trained. */
    public Module generator() { return average == null ? generator : average.module(); }

    public Module critic() { return critic; }

    /** Steps of the generator. */
    public long steps() { return generatorSteps.steps(); }

    /** One entry a step of the generator or of the critic alone, of this object's steps. */
    public List<Losses> history() { return List.copyOf(history); }

    private record Gradients(Tensor[] each, double objective, double penalty) {}

    /**
     * The critic's steps and one of the generator.
     *
     * @throws ConvergenceException if a loss is not finite: parameters stay as they were before that player's step
     */
    public Losses step() {
        var streams = rng.split(1).split(steps());
        try (var scope = Scope.open("GAN step")) {
            Losses losses;
            if (gan.order() == Gan.Order.SIMULTANEOUS) {
                var pass = Pass.training(streams.split(0));
                var fake = game.fake(generator, pass);
                var forCritic = ofCritic(fake.detach(), pass);
                losses = answered(forCritic, fake, pass, true);
            } else {
                Gradients last = null;
                for (int k = 0; k < gan.criticSteps(); k++) last = stepCritic(streams.split(k + 1));
                var pass = Pass.training(streams.split(0));
                losses = answered(last, game.fake(generator, pass), pass, false);
            }
            if (average != null) average.follow(gan.averaging());
            history.add(losses);
            return losses;
        }
    }

    /** Generator's step; the critic's after it if both were to move at once. */
    private Losses answered(Gradients ofCritic, GanBatch fake, Pass pass, boolean together) {
        var loss = gan.generatorLoss(critic, fake, pass);
        double value = loss.item();
        requireFinite("generator's loss", value);
        if (gan.generatorRegularizer() != null) loss = loss.add(gan.generatorRegularizer().penalty(generator));
        var gradients = Autograd.gradients(loss, ofGenerator, false);
        if (together) moveCritic(ofCritic);
        generatorSteps.step(gradients);
        if (gan.generatorRegularizer() != null) gan.generatorRegularizer().project(generator);
        return new Losses(ofCritic.objective, ofCritic.penalty, value);
    }

    /** Steps of the critic alone, against the generator as it is: what measures a distance, or warms a critic up. */
    public void trainCritic(int steps, Progress progress) {
        for (int i = 1; i <= steps; i++) {
            Gradients before;
            try (var scope = Scope.open("critic step")) {
                before = stepCritic(rng.split(2).split(criticSteps.steps()));
            }
            history.add(new Losses(before.objective, before.penalty, Double.NaN));
            progress.step("critic", i, steps, "objective", before.objective);
        }
    }

    private Gradients stepCritic(Rng stream) {
        var pass = Pass.training(stream);
        var found = ofCritic(Autograd.noGrad(() -> game.fake(generator, pass)).detach(), pass);
        moveCritic(found);
        return found;
    }

    private Gradients ofCritic(GanBatch fake, Pass pass) {
        var real = game.real(pass.rng());
        Tensor objective = gan.objective(critic, real, fake, pass), penalty = gan.penalty(critic, real, fake, criticSteps.steps(), pass);
        requireFinite("critic's objective", objective.item());
        var loss = penalty == null ? objective.neg() : penalty.sub(objective);
        return new Gradients(Autograd.gradients(loss, ofCritic, false), objective.item(), penalty == null ? 0 : penalty.item());
    }

    private void moveCritic(Gradients gradients) {
        criticSteps.step(gradients.each);
        for (var penalty : gan.penalties()) penalty.project(critic);
    }

    private void requireFinite(String what, double value) {
        if (!Double.isFinite(value)) throw new ConvergenceException(
                "Gan: the " + what + " is " + value + " at step " + steps() + "; lower the learning rates or penalise the critic's slope");
    }

    /** Plays on until the generator has taken so many steps in all. @throws lyceum.progress.CancelledException if progress says so, between two steps */
    public void finish(long steps, Progress progress) {
        while (steps() < steps) {
            var losses = step();
            progress.step("GAN", steps(), steps, Map.of("objective", losses.objective, "generator loss", losses.generatorLoss));
        }
    }

    /** Writes both networks, the average and both optimisers into a folder, which is made if need be. */
    public void save(Path folder) throws IOException {
        Files.createDirectories(folder);
        generator.save(folder.resolve("generator.safetensors"));
        critic.save(folder.resolve("critic.safetensors"));
        if (average != null) average.module().save(folder.resolve("average.safetensors"));
        generatorSteps.save(folder.resolve("generator.optimizer"));
        criticSteps.save(folder.resolve("critic.optimizer"));
    }

    /** Takes over what {@link #save} wrote: the game goes on as if it had not stopped, bit for bit. */
    public void resume(Path folder) throws IOException {
        generator.load(folder.resolve("generator.safetensors"));
        critic.load(folder.resolve("critic.safetensors"));
        if (average != null) average.module().load(folder.resolve("average.safetensors"));
        generatorSteps.load(folder.resolve("generator.optimizer"));
        criticSteps.load(folder.resolve("critic.optimizer"));
    }
}
