package lyceum.text.count;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.FormatException;
import lyceum.tensor.Csr;

/** Reads the coordinate form of Matrix Market. */
final class MatrixMarket {
    private static final String HEADER = "%%matrixmarket matrix coordinate ";

    private MatrixMarket() {}

    static DocumentTermMatrix read(Path file) throws IOException {
        try (var in = Files.newBufferedReader(file)) {
            int number = 1;
            var line = in.readLine();
            if (line == null || !line.toLowerCase(Locale.ROOT).startsWith(HEADER)
                    || !line.toLowerCase(Locale.ROOT).matches(HEADER + "(real|integer|pattern) general\\s*"))
                throw wrong(1, "the file does not begin with %%MatrixMarket matrix coordinate real general");
            boolean pattern = line.toLowerCase(Locale.ROOT).contains("pattern");
            do {
                line = in.readLine();
                number++;
            } while (line != null && (line.startsWith("%") || line.isBlank()));
            double[] size = numbers(line, 3, number);
            int rows = whole(size[0], Integer.MAX_VALUE, number), columns = whole(size[1], Integer.MAX_VALUE, number);
            long entries = (long) size[2];
            // memory grows with what is read, not with what the header says
            int[] row = new int[1024], column = new int[1024];
            double[] value = new double[1024];
            int read = 0;
            while ((line = in.readLine()) != null) {
                number++;
                if (line.isBlank()) continue;
                if (read == row.length) {
                    row = Arrays.copyOf(row, 2 * read);
                    column = Arrays.copyOf(column, 2 * read);
                    value = Arrays.copyOf(value, 2 * read);
                }
                double[] entry = numbers(line, pattern ? 2 : 3, number);
                row[read] = whole(entry[0], rows, number) - 1;
                column[read] = whole(entry[1], columns, number) - 1;
                value[read++] = pattern ? 1 : entry[2];
            }
            if (read != entries) throw wrong(number, read + " entries, but the header says " + entries);
            var matrix = Csr.fromEntries(rows, columns, Arrays.copyOf(row, read), Arrays.copyOf(column, read), Arrays.copyOf(value, read));
            return DocumentTermMatrix.of(matrix, IntStream.range(0, columns).mapToObj(String::valueOf).toList());
        }
    }

    private static int whole(double value, int most, int line) {
        if (!(value >= 1 && value <= most) || value != Math.rint(value)) throw wrong(line, value + " is not a number from 1 to " + most);
        return (int) value;
    }

    private static double[] numbers(String line, int count, int number) {
        var words = line == null ? new String[0] : line.strip().split("\\s+");
        if (words.length != count) throw wrong(number, count + " numbers are expected");
        try {
            return Arrays.stream(words).mapToDouble(Double::parseDouble).toArray();
        } catch (NumberFormatException e) {
            throw wrong(number, "'" + line + "' are not numbers");
        }
    }

    private static FormatException wrong(int line, String what) { return new FormatException("Matrix Market, line " + line + ": " + what); }
}
