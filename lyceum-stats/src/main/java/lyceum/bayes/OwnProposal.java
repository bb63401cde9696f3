package lyceum.bayes;

import java.util.function.ToDoubleBiFunction;
import lyceum.random.Rng;

/** A proposal made of two functions. */
record OwnProposal(Draw how, ToDoubleBiFunction<double[], double[]> log, boolean isSymmetric) implements Proposal {
    @Override public void draw(double[] x, double[] y, Rng rng) { how.draw(x, y, rng); }

    @Override public double logDensity(double[] x, double[] y) { return log.applyAsDouble(x, y); }
}
