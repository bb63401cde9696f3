package lyceum.data;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/** The texts of cells: what counts as a number, a truth value, a date, and how each is written. */
final class Cells {
    private Cells() {}

    static boolean isBool(String cell) { return cell.equalsIgnoreCase("true") || cell.equalsIgnoreCase("false"); }

    /** A sign and digits. No leading zeros, for {@code 007} is a name and not seven. */
    static boolean isWhole(String cell) {
        int start = sign(cell), length = cell.length();
        if (start == length || length - start > 19 || !digits(cell, start, length)) return false;
        if (length - start > 1 && cell.charAt(start) == '0') return false;
        if (length - start < 19) return true;
        try {
            Long.parseLong(cell);
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** Digits with superfluous zeros before them: a code such as {@code 00420}. */
    static boolean isZeroPadded(String cell) {
        int start = sign(cell);
        return cell.length() - start > 1 && cell.charAt(start) == '0' && digits(cell, start, cell.length());
    }

    /** Digits alone, more than a whole number of 64 bits has. */
    static boolean isTooLong(String cell) {
        return cell.length() - sign(cell) > 18 && digits(cell, sign(cell), cell.length()) && !isWhole(cell);
    }

    /** A decimal number with an optional fraction and exponent, or NaN or an infinity. Narrower than Java's own syntax, which takes {@code 1d} and hexadecimal. */
    static boolean isNumber(String cell) {
        int start = sign(cell), at = start, n = cell.length();
        if (isNamed(cell, start)) return true;
        int whole = run(cell, at) - at;
        at += whole;
        int fraction = 0;
        if (at < n && cell.charAt(at) == '.') {
            fraction = run(cell, ++at) - at;
            at += fraction;
        }
        if (whole + fraction == 0) return false;
        if (at < n && (cell.charAt(at) == 'e' || cell.charAt(at) == 'E')) {
            at++;
            if (at < n && (cell.charAt(at) == '+' || cell.charAt(at) == '-')) at++;
            int exponent = run(cell, at) - at;
            if (exponent == 0) return false;
            at += exponent;
        }
        return at == n && !isZeroPadded(cell);
    }

    private static boolean isNamed(String cell, int start) {
        return start < cell.length() && switch (cell.charAt(start)) {
            case 'n', 'N' -> start == 0 && cell.equalsIgnoreCase("nan");
            case 'i', 'I' -> cell.regionMatches(true, start, "inf", 0, 3) && cell.length() == start + 3
                    || cell.regionMatches(true, start, "infinity", 0, 8) && cell.length() == start + 8;
            default -> false;
        };
    }

    static double number(String cell) {
        int start = sign(cell);
        if (!isNamed(cell, start)) return Double.parseDouble(cell);
        if (start == 0 && (cell.charAt(0) | 0x20) == 'n') return Double.NaN;
        return cell.charAt(0) == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }

    private static int sign(String cell) { return !cell.isEmpty() && (cell.charAt(0) == '-' || cell.charAt(0) == '+') ? 1 : 0; }

    private static boolean digits(String cell, int from, int to) { return run(cell, from) >= to; }

    private static int run(String cell, int at) {
        while (at < cell.length() && cell.charAt(at) >= '0' && cell.charAt(at) <= '9') at++;
        return at;
    }

    /** Days since 1970-01-01, or null where the cell is no ISO date. By hand: a formatter takes half a microsecond a cell. */
    static Long date(String cell) {
        if (cell.length() != 10 || cell.charAt(4) != '-' || cell.charAt(7) != '-') return null;
        if (!digits(cell, 0, 4) || !digits(cell, 5, 7) || !digits(cell, 8, 10)) return null;
        int year = Integer.parseInt(cell, 0, 4, 10), month = Integer.parseInt(cell, 5, 7, 10), day = Integer.parseInt(cell, 8, 10, 10);
        if (month < 1 || month > 12 || day < 1 || day > YearMonth.of(year, month).lengthOfMonth()) return null;
        return LocalDate.of(year, month, day).toEpochDay();
    }

    /** Microseconds since 1970-01-01T00:00Z of an ISO date and time, with T or a space between; without an offset it is UTC. Null where the cell is none. */
    static Long timestamp(String cell) {
        if (cell.length() < 16 || cell.length() > 40 || cell.charAt(4) != '-' || cell.charAt(10) != 'T' && cell.charAt(10) != ' ')
            return null;
        var iso = cell.charAt(10) == ' ' ? cell.substring(0, 10) + 'T' + cell.substring(11) : cell;
        try {
            char last = iso.charAt(iso.length() - 1);
            boolean offset = last == 'Z' || iso.indexOf('+', 11) > 0 || iso.indexOf('-', 11) > 0;
            return micros(offset ? OffsetDateTime.parse(iso).toInstant() : LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC));
        } catch (DateTimeException | ArithmeticException e) {
            return null;
        }
    }

    static long micros(Instant moment) { return ChronoUnit.MICROS.between(Instant.EPOCH, moment); }

    static Instant moment(long micros) { return Instant.EPOCH.plus(micros, ChronoUnit.MICROS); }
}
