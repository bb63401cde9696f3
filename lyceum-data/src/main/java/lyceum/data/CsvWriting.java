package lyceum.data;

import java.io.IOException;
import java.io.Writer;

/**
 * Writes one frame. By hand rather than by FastCSV's writer, which cannot quote one cell and not the next as the difference between a null and an empty
 * text needs.
 */
final class CsvWriting {
    private final Csv csv;
    private final Frame frame;

    CsvWriting(Csv csv, Frame frame) {
        this.csv = csv;
        this.frame = frame;
    }

    void to(Writer to) throws IOException {
        var columns = frame.columns();
        if (csv.header()) {
            for (int c = 0; c < columns.size(); c++) text(to, c, columns.get(c).name());
            to.write('\n');
        }
        var heaps = columns.stream().map(Column::heap).toList();
        var missing = missing();
        for (int row = 0; row < frame.size(); row++) {
            for (int c = 0; c < columns.size(); c++) {
                var value = columns.get(c).get(heaps.get(c), row);
                if (value == null) plain(to, c, missing);
                else if (value instanceof String text) text(to, c, text);
                else if (value instanceof Double number) plain(to, c, number(number));
                else plain(to, c, value.toString());
            }
            to.write('\n');
        }
        to.flush();
    }

    /** An empty line would be skipped by a reader, so that a single column needs a null that is seen. */
    private String missing() {
        if (frame.columns().size() > 1 && !csv.nullTokens().isEmpty()) return csv.nullTokens().getFirst();
        return csv.nullTokens().stream().filter(token -> !token.isEmpty()).findFirst()
                .orElseThrow(() -> new FrameException("Csv.write: nulls need a null token that is not empty in a frame of one column"));
    }

    private String number(double value) {
        var text = Double.isNaN(value) ? "nan" : Double.isInfinite(value) ? value > 0 ? "inf" : "-inf" : Double.toString(value);
        return csv.decimal() == '.' ? text : text.replace('.', csv.decimal());
    }

    private void plain(Writer to, int place, String cell) throws IOException {
        if (place > 0) to.write(csv.delimiter());
        to.write(cell);
    }

    /** Quotes what a reader would take for something else: signs of the format, nulls, space at the ends. */
    private void text(Writer to, int place, String cell) throws IOException {
        if (place > 0) to.write(csv.delimiter());
        if (!needsQuotes(cell)) {
            to.write(cell);
            return;
        }
        to.write(csv.quote());
        for (int i = 0; i < cell.length(); i++) {
            if (cell.charAt(i) == csv.quote()) to.write(csv.quote());
            to.write(cell.charAt(i));
        }
        to.write(csv.quote());
    }

    private boolean needsQuotes(String cell) {
        if (csv.nullTokens().contains(cell.strip()) || cell.isEmpty() || !cell.equals(cell.strip()) || cell.charAt(0) == '\uFEFF')
            return true;
        if (csv.comment() != 0 && cell.charAt(0) == csv.comment()) return true;
        for (int i = 0; i < cell.length(); i++) {
            char c = cell.charAt(i);
            if (c == csv.delimiter() || c == csv.quote() || c == '\n' || c == '\r') return true;
        }
        return false;
    }
}
