package lyceum.data;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * Rounds a table of desired counts so that every cell, every row sum and every column sum becomes one of its two neighbouring whole numbers, and
 * each is rounded up with a probability equal to its fraction: dependent rounding (Gandhi, Khuller, Parthasarathy and Srinivasan 2006).
 */
final class ControlledRounding {
    private static final double SLACK = Shares.SLACK;

    private final double[][] fraction;
    private final Rng rng;

    private ControlledRounding(double[][] fraction, Rng rng) {
        this.fraction = fraction;
        this.rng = rng;
    }

    /** Whole numbers for {@code counts[c] * shares[p]}; row {@code c} sums to {@code counts[c]} exactly. */
    static int[][] of(int[] counts, double[] shares, Rng rng) {
        int rows = counts.length, columns = shares.length;
        var whole = new int[rows][columns];
        var fraction = new double[rows + 1][columns];
        for (int c = 0; c < rows; c++) {
            double rest = counts[c];
            for (int p = 0; p < columns; p++) {
                double wanted = p < columns - 1 ? counts[c] * shares[p] : rest;
                rest -= wanted;
                whole[c][p] = (int) Math.floor(wanted + SLACK);
                fraction[c][p] = settled(wanted - whole[c][p]);
            }
        }
        closeColumns(fraction);
        new ControlledRounding(fraction, rng).cancelCycles();
        for (int c = 0; c < rows; c++) for (int p = 0; p < columns; p++) whole[c][p] += (int) Math.rint(fraction[c][p]);
        return whole;
    }

    /** The last row takes what columns lack to a whole number, so that every fractional row and column has two fractional cells at least. */
    private static void closeColumns(double[][] fraction) {
        int last = fraction.length - 1;
        for (int p = 0; p < fraction[0].length; p++) {
            double sum = 0;
            for (int c = 0; c < last; c++) sum += fraction[c][p];
            fraction[last][p] = settled(Math.ceil(sum - SLACK) - sum);
        }
    }

    private static double settled(double f) { return f < SLACK ? 0 : f > 1 - SLACK ? 1 : f; }

    private void cancelCycles() {
        for (int row = 0; row < fraction.length; row++)
            for (int column = 0; column < fraction[0].length; column++) while (isOpen(row, column)) cancelCycle(row, column);
    }

    private boolean isOpen(int row, int column) { return fraction[row][column] > 0 && fraction[row][column] < 1; }

    /** Walks along open cells, in turn along a row and a column, until a row or column comes again: the cells between are a cycle. */
    private void cancelCycle(int row, int column) {
        int rows = fraction.length, columns = fraction[0].length;
        int[] rowAt = filled(rows), columnAt = filled(columns), pathRow = new int[2 * columns + 2 * rows + 2],
                pathColumn = new int[pathRow.length];
        int length = 0, first;
        while (true) {
            rowAt[row] = length;
            int nextColumn = length == 0 ? column : openInRow(row, column);
            if (nextColumn < 0) {
                settle(row, column);
                return;
            }
            column = nextColumn;
            pathRow[length] = row;
            pathColumn[length++] = column;
            if (columnAt[column] >= 0) {
                first = columnAt[column];
                break;
            }
            columnAt[column] = length;
            int nextRow = openInColumn(column, row);
            if (nextRow < 0) {
                settle(row, column);
                return;
            }
            row = nextRow;
            pathRow[length] = row;
            pathColumn[length++] = column;
            if (rowAt[row] >= 0) {
                first = rowAt[row];
                break;
            }
        }
        shift(pathRow, pathColumn, first, length);
    }

    /** An open cell alone in its row or column is rounding error. */
    private void settle(int row, int column) { fraction[row][column] = Math.rint(fraction[row][column]); }

    private int openInRow(int row, int except) {
        for (int p = 0; p < fraction[row].length; p++) if (p != except && isOpen(row, p)) return p;
        return -1;
    }

    private int openInColumn(int column, int except) {
        for (int c = fraction.length - 1; c >= 0; c--) if (c != except && isOpen(c, column)) return c;
        return -1;
    }

    /** Adds to the even cells what it takes from the odd ones, or the other way round, until one cell is whole. */
    private void shift(int[] rows, int[] columns, int first, int end) {
        double up = 1, down = 1;
        for (int i = first; i < end; i++) {
            double f = fraction[rows[i]][columns[i]];
            boolean even = (i - first) % 2 == 0;
            up = Math.min(up, even ? 1 - f : f);
            down = Math.min(down, even ? f : 1 - f);
        }
        double by = rng.nextDouble() * (up + down) < down ? up : -down;
        for (int i = first; i < end; i++)
            fraction[rows[i]][columns[i]] = settled(fraction[rows[i]][columns[i]] + ((i - first) % 2 == 0 ? by : -by));
    }

    private static int[] filled(int n) {
        var places = new int[n];
        Arrays.fill(places, -1);
        return places;
    }
}
