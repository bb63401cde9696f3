package lyceum.train.continual;

import java.util.ArrayList;
import lyceum.data.Dataset;
import lyceum.tensor.Tensor;

/**
 * The material of the experiment that discovered catastrophic interference: single-digit sums, coarsely coded. A number from 0 to 9 is a
 * run of
 * {@code width} ones among {@code 9 + width} units, so that neighbours share units; an input is two numbers and a sign, an answer its tens
 * and its ones.
 *
 * {@snippet :
 * var facts = new AdditionFacts(3);
 * var stream = List.of(facts.of(1), facts.of(2));      // the ones: 1+1 .. 9+1, 1+2 .. 1+9; the twos: 2+1 .. 2+9, 1+2 .. 9+2
 * }
 *
 * <p>F64 zeros and ones: inputs (17, 28) and answers (17, 24) at width 3. The ones and the twos share the facts 1 + 2 and 2 + 1.
 *
 * @param width of a number's run, 1 to 9: how much the codes of different numbers overlap; 3 in the paper, 1 for none
 * @see <a href="https://doi.org/10.1016/S0079-7421(08)60536-8">McCloskey and Cohen (1989)</a>
 */
public record AdditionFacts(int width) {
    private static final int SIGN = 4;

    public AdditionFacts {
        if (width < 1 || width > 9) throw new IllegalArgumentException("AdditionFacts: width is " + width + "; it is 1 to 9");
    }

    /** Columns of an input. */
    public int inputs() { return 2 * units() + SIGN; }

    /** Columns of an answer. */
    public int outputs() { return 2 * units(); }

    private int units() { return 9 + width; }

    /** The 17 sums with an addend, 1 to 9: {@code addend + b} for b from 1 to 9, then {@code a + addend} for the others. */
    public Dataset of(int addend) {
        if (addend < 1 || addend > 9) throw new IllegalArgumentException("AdditionFacts: the addend is " + addend + "; it is 1 to 9");
        var pairs = new ArrayList<int[]>();
        for (int b = 1; b <= 9; b++) pairs.add(new int[] {addend, b});
        for (int a = 1; a <= 9; a++) if (a != addend) pairs.add(new int[] {a, addend});
        var x = new double[pairs.size()][inputs()];
        var y = new double[pairs.size()][outputs()];
        for (int i = 0; i < x.length; i++) {
            int a = pairs.get(i)[0], b = pairs.get(i)[1];
            mark(x[i], 0, a);
            mark(x[i], units(), b);
            for (int s = 0; s < SIGN; s++) x[i][2 * units() + s] = 1;
            mark(y[i], 0, (a + b) / 10);
            mark(y[i], units(), (a + b) % 10);
        }
        return Dataset.of(Tensor.of(x), Tensor.of(y));
    }

    private void mark(double[] row, int from, int number) { for (int u = 0; u < width; u++) row[from + number + u] = 1; }

}
