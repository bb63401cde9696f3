package lyceum.data;

import java.util.HashSet;
import java.util.Set;

/** What a column's cells could be: every cell strikes out the types that it is not, and leaves the first line that did. */
final class TypeProfile {
    /** More different texts, or more than half as many as cells, are TEXT. */
    private static final int MOST_WORDS = 1000, LONGEST_WORD = 100;

    private final char decimal;
    private long values;
    private long nulls;
    private boolean isBool = true;
    private boolean isWhole = true;
    private boolean isNumber = true;
    private boolean isDate = true;
    private boolean isMoment = true;
    private String notWhole;
    private String notNumber;
    private Set<String> words;
    private boolean manyWords;

    TypeProfile(char decimal) { this.decimal = decimal; }

    void addNull() { nulls++; }

    /** A quoted number stays a candidate: many programs quote everything. */
    void add(String cell, boolean quoted, long line) {
        values++;
        countWord(cell);
        var plain = plain(cell, ColumnType.F64, decimal);
        if (isBool && !Cells.isBool(plain)) isBool = false;
        if (isWhole && !Cells.isWhole(plain)) {
            isWhole = false;
            notWhole = because(cell, line);
        }
        if (isNumber && !isWhole && (!Cells.isNumber(plain) || Cells.isTooLong(plain))) {
            isNumber = false;
            notNumber = because(cell, line) + (Cells.isZeroPadded(plain) ? ", whose leading zeros make it a code"
                    : Cells.isTooLong(plain) ? ", whose digits 64 bits would lose" : "");
        }
        if (isDate && Cells.date(plain) == null) isDate = false;
        if (isMoment && Cells.date(plain) == null && Cells.timestamp(plain) == null) isMoment = false;
    }

    /** The cell as {@link ColumnBuilder#addText} takes it. */
    static String plain(String cell, ColumnType type, char decimal) {
        var plain = cell.strip();
        if (decimal == '.' || type != ColumnType.F64 || plain.indexOf(decimal) < 0) return plain;
        return plain.indexOf('.') >= 0 ? cell : plain.replace(decimal, '.');
    }

    private static String because(String cell, long line) { return "'" + CsvReading.shown(cell) + "' in line " + line; }

    private void countWord(String cell) {
        if (manyWords) return;
        if (words == null) words = new HashSet<>();
        words.add(cell);
        if (words.size() <= MOST_WORDS && cell.length() <= LONGEST_WORD) return;
        manyWords = true;
        words = null;
    }

    Csv.Inference inference(String column) {
        var all = "all " + values + " values are ";
        if (values == 0) return of(column, ColumnType.TEXT, nulls == 0 ? "no row to infer from" : "no value to infer from");
        if (isBool) return of(column, ColumnType.BOOL, all + "true or false");
        if (isWhole) return of(column, ColumnType.I64, all + "whole numbers");
        if (isNumber) return of(column, ColumnType.F64, all + "numbers, not all whole: " + notWhole);
        if (isDate) return of(column, ColumnType.DATE, all + "dates");
        if (isMoment) return of(column, ColumnType.TIMESTAMP, all + "dates with times");
        var text = "not all numbers: " + notNumber + "; ";
        if (!manyWords && words.size() <= values / 2)
            return of(column, ColumnType.CATEGORY, text + words.size() + " different texts in " + values + " values");
        return of(column, ColumnType.TEXT, text + (manyWords ? "many" : words.size()) + " different texts in " + values + " values");
    }

    private Csv.Inference of(String column, ColumnType type, String reason) {
        return new Csv.Inference(column, type, reason + (nulls == 0 ? "" : nulls == 1 ? "; 1 null" : "; " + nulls + " nulls"));
    }
}
