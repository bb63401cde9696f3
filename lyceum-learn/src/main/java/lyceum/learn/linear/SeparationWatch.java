package lyceum.learn.linear;

/**
 * Looks for separation beside a first-order solver of an unpenalised problem. A positive least margin shows that classes are split completely; quasi-complete
 * separation leaves rows without a margin for ever, and such a solver reports convergence on the way to infinity. So Newton's method looks once, early, at
 * problems of which it takes no more than some seconds; from 0, for a first-order path leaves margins too uneven for a Newton step to show the direction.
 */
final class SeparationWatch {
    private static final int LOOK_AT = 30, LARGEST_SYSTEM = 300, STEPS = 50;
    private static final double MOST_WORK = 1e9; // multiplications a Newton step
    private final LogisticProblem problem;
    private boolean looked;
    private Separation separation = Separation.NONE;
    private int at;

    SeparationWatch(LogisticProblem problem) {
        this.problem = problem;
        double size = problem.size();
        looked = size > LARGEST_SYSTEM || problem.codes.length * size * size > MOST_WORK;
    }

    /** After each iteration that knows its least margin. */
    void see(int iteration, LogisticProblem.Point point) {
        if (problem.l1 > 0 || problem.l2 > 0 || separation != Separation.NONE) return;
        if (point.leastMargin() > 0) found(Separation.COMPLETE, iteration);
        else if (iteration >= LOOK_AT) look(iteration);
    }

    /** Where the solver stops; one that needed few iterations was not looked at yet. */
    void end(int iteration) {
        if (problem.l1 == 0 && problem.l2 == 0 && separation == Separation.NONE) look(iteration);
    }

    private void look(int iteration) {
        if (looked) return;
        looked = true;
        found(new LogisticNewton(problem, false, 1e-8, STEPS).solve(new double[problem.size()]).separation(), iteration);
    }

    private void found(Separation found, int iteration) {
        separation = found;
        at = found == Separation.NONE ? 0 : iteration;
    }

    Separation separation() { return separation; }

    /** The iteration at which it was found, 0 if it was not. */
    int at() { return at; }
}
