package lyceum.models.ssl;

import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.train.Trainer;

/**
 * A copy of a network that follows it, {@code teacher = m teacher + (1 - m) student}, and never learns by gradients: the key encoder of MoCo, the target of
 * BYOL and JEPA, the teacher of DINO. Running statistics are copied; they are averages already.
 *
 * {@snippet :
 * var teacher = new EmaTeacher<>(network);
 * var told = Autograd.noGrad(() -> teacher.module().forward(x).compute());
 * teacher.follow(EmaTeacher.cosine(0.996, optimizer.steps(), 10_000));         // after each step
 * }
 *
 * @param <M> the network
 * @see <a href="https://arxiv.org/abs/1703.01780">Tarvainen and Valpola (2017)</a>
 */
public final class EmaTeacher<M extends Module> {
    private final M student, module;

    /** Begins equal to the student. */
    public EmaTeacher(M student) {
        this.student = student;
        module = Module.copy(student);
        module.freeze("*");
    }

    /** The follower: frozen. */
    public M module() { return module; }

    /** One step toward the student. @param momentum m in [0, 1]; 1 stays */
    public void follow(double momentum) { follow(module, student, momentum); }

    /** One step of a frozen copy toward the network it was copied from. @param momentum m in [0, 1]; 1 stays */
    public static void follow(Module teacher, Module student, double momentum) {
        if (!(momentum >= 0 && momentum <= 1))
            throw new IllegalArgumentException("EmaTeacher.follow: momentum is " + momentum + "; it lies in [0, 1]");
        var now = student.state();
        var learned = student.parameters().keySet();
        try (var scope = Scope.open("teacher")) {
            Autograd.noGrad(() -> teacher.state().forEach(
                    (name, t) -> t.copy_(learned.contains(name) ? t.mul(momentum).add(now.get(name).mul(1 - momentum)) : now.get(name))));
        }
    }

    /** For a trainer: a frozen copy follows each step, its momentum rising from {@code start} to 1 by {@link #cosine} over so many steps. */
    public static Trainer.Listener following(Module teacher, Module student, double start, long steps) {
        return Trainer.Listener.afterStep(run -> follow(teacher, student, cosine(start, run.steps(), steps)));
    }

    /** BYOL's schedule: {@code 1 - (1 - start) (cos(pi step / steps) + 1) / 2}, from start to 1. */
    public static double cosine(double start, long step, long steps) {
        return 1 - (1 - start) * (Math.cos(Math.PI * Math.clamp((double) step / steps, 0, 1)) + 1) / 2;
    }
}
