package lyceum.models.sequence;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Programs over a world that is seen through sensors and changed by primitives, and how a reference runs them: what a {@link NeuralProgramInterpreter} learns from.
 *
 * {@snippet :
 * var language = new AdditionLanguage(true);
 * var world = AdditionLanguage.world(47, 38);
 * var trace = language.trace(world, AdditionLanguage.ADD);
 * trace.text(language);                                             // the calls, indented by depth
 * world.sum();                                                      // 85
 * }
 */
public interface ProgramLanguage {

    /** What is seen and changed. */
    interface World {
        /** A category of each sensor. */
        int[] observe();

        /** @param primitive number of the program */
        void act(int primitive, int... arguments);
    }

    /** A call with its arguments, or the end of the program that is running. */
    record Decision(int program, int... arguments) {
        /** The end. */
        static final Decision END = new Decision(-1);

        public boolean ends() { return program < 0; }

        @Override public boolean equals(Object other) {
            return other instanceof Decision d && d.program == program && Arrays.equals(d.arguments, arguments);
        }

        @Override public int hashCode() { return 31 * program + Arrays.hashCode(arguments); }
    }

    /** A program as it ran once: what it saw at each step and what it decided. */
    record Frame(int program, int[] arguments, List<int[]> observed, List<Decision> decided) {}

    /** A call at a depth, 0 for the first. */
    record Step(int depth, Decision call) {}

    /** All frames in the order in which they began, and all calls in order. */
    record Trace(List<Frame> frames, List<Step> steps) {
        /** The deepest call. */
        public int depth() { return steps.stream().mapToInt(Step::depth).max().orElse(0); }

        /** A line a call. */
        public String text(ProgramLanguage language) {
            var text = new StringBuilder();
            for (var step : steps) {
                text.append("  ".repeat(step.depth)).append(language.programs().get(step.call.program));
                for (int a : step.call.arguments) text.append(' ').append(a);
                text.append('\n');
            }
            return text.toString();
        }
    }

    /** Names; a program's number is its place. */
    List<String> programs();

    /** Whether it acts on the world and has no steps. */
    boolean isPrimitive(int program);

    /** Categories of each sensor. */
    int[] sensors();

    /** Categories of each argument; all calls have all of them, 0 where one means nothing. */
    int[] arguments();

    /** What the reference decides at a step of a program. */
    Decision reference(int program, int[] arguments, int step, int[] observed);

    /** Who decides. */
    interface Policy {
        /** The next decision of a running frame, whose last observation is new. */
        Decision next(Frame frame);
    }

    /** The reference's trace; the world is then as it leaves it. */
    default Trace trace(World world, int program) {
        return run(world, program, f -> reference(f.program, f.arguments, f.decided.size(), f.observed.getLast()), Integer.MAX_VALUE);
    }

    /** Runs a program by a policy, at most so many calls: a trace that is longer is cut. */
    default Trace run(World world, int program, Policy policy, int most) {
        var frames = new ArrayList<Frame>();
        var steps = new ArrayList<Step>();
        var stack = new ArrayList<Frame>();
        enter(new Decision(program, new int[arguments().length]), frames, steps, stack);
        while (!stack.isEmpty() && steps.size() < most) {
            var frame = stack.getLast();
            frame.observed.add(world.observe());
            var next = policy.next(frame);
            frame.decided.add(next);
            if (next.ends()) stack.removeLast();
            else if (isPrimitive(next.program)) {
                steps.add(new Step(stack.size(), next));
                world.act(next.program, next.arguments);
            } else enter(next, frames, steps, stack);
        }
        return new Trace(frames, steps);
    }

    private static void enter(Decision call, List<Frame> frames, List<Step> steps, List<Frame> stack) {
        steps.add(new Step(stack.size(), call));
        var frame = new Frame(call.program, call.arguments, new ArrayList<>(), new ArrayList<>());
        frames.add(frame);
        stack.add(frame);
    }
}
