package lyceum.data;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import lyceum.FormatException;
import lyceum.LyceumException;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/**
 * SQL over {@link Frame}s, and Parquet files, by DuckDB (Raasveldt and Muehleisen 2019). An optional dependency: with {@code org.duckdb:duckdb_jdbc} absent
 * from the class path every method says so.
 *
 * {@snippet :
 * Frame means = DuckDb.query("select city, avg(income) as income from people group by city", Map.of("people", people));
 * DuckDb.writeParquet(means, Path.of("means.parquet"));
 * }
 *
 * <p>An instance is a database, in memory or a file, for one thread at a time. Nothing is fetched from the network.
 */
public final class DuckDb implements AutoCloseable {
    private static final String DRIVER = "org.duckdb.DuckDBDriver";

    private final Connection connection;

    private DuckDb(Connection connection) { this.connection = connection; }

    /** Whether the driver is on the class path. */
    public static boolean isAvailable() {
        try {
            Class.forName(DRIVER);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** A database in memory. @throws LyceumException where the driver is absent */
    public static DuckDb open() { return connect("jdbc:duckdb:"); }

    /** A database in a file, made where it is absent. */
    public static DuckDb open(Path file) { return connect("jdbc:duckdb:" + file); }

    private static DuckDb connect(String url) {
        if (!isAvailable()) throw new LyceumException(
                "DuckDB is not on the class path; add the dependency org.duckdb:duckdb_jdbc to read Parquet or run SQL");
        var settings = new Properties();
        settings.setProperty("autoinstall_known_extensions", "false");
        try {
            return new DuckDb(DriverManager.getConnection(url, settings));
        } catch (SQLException e) {
            throw new LyceumException("DuckDB: cannot open " + url + ": " + firstLine(e), e);
        }
    }

    /** The answer to one query over frames by their table names. */
    public static Frame query(String sql, Map<String, Frame> tables) {
        try (var db = open()) {
            tables.forEach(db::register);
            return db.query(sql);
        }
    }

    /** Reads a Parquet file. @throws FormatException if it is malformed */
    public static Frame readParquet(Path file) {
        if (!Files.isReadable(file)) throw new LyceumException("DuckDb.readParquet: " + file + " does not exist or cannot be read");
        try (var db = open()) {
            return db.frame("select * from read_parquet(" + literal(file) + ")");
        } catch (SQLException e) {
            throw new FormatException(file.getFileName() + ": not a Parquet file that can be read: " + firstLine(e), e);
        }
    }

    /** Writes a Parquet file, compressed by Zstandard; a category becomes text. */
    public static void writeParquet(Frame frame, Path file) {
        try (var db = open()) {
            db.register("frame", frame).execute("copy frame to " + literal(file) + " (format parquet, compression zstd)");
        }
    }

    private static String literal(Path file) { return "'" + file.toAbsolutePath().toString().replace("'", "''") + "'"; }

    /** Copies a frame into a table of this name, in place of one that was there. */
    public DuckDb register(String table, Frame frame) {
        if (frame.columns().isEmpty()) throw new FrameException("DuckDb.register: the frame for table '" + table + "' has no column");
        var columns = new ArrayList<String>();
        for (var column : frame.columns()) columns.add(quoted(column.name()) + " " + sqlType(column.type()));
        execute("create or replace table " + quoted(table) + " (" + String.join(", ", columns) + ")");
        try (var appender = ((DuckDBConnection) connection).createAppender(DuckDBConnection.DEFAULT_SCHEMA, table)) {
            fill(appender, frame);
        } catch (SQLException e) {
            throw new LyceumException("DuckDB: cannot fill table '" + table + "': " + firstLine(e), e);
        }
        return this;
    }

    private static void fill(DuckDBAppender appender, Frame frame) throws SQLException {
        var heaps = frame.columns().stream().map(Column::heap).toList();
        for (int row = 0; row < frame.size(); row++) {
            appender.beginRow();
            for (int c = 0; c < heaps.size(); c++) {
                var heap = heaps.get(c);
                var column = frame.columns().get(c);
                if (Column.isNull(heap, row)) appender.appendNull();
                else switch (column.type()) {
                    case F64 -> appender.append(heap.doubles()[row]);
                    case I64 -> appender.append(heap.longs()[row]);
                    case BOOL -> appender.append(heap.longs()[row] != 0);
                    case TEXT, CATEGORY -> appender.append(column.text(heap, row));
                    case DATE -> appender.append(LocalDate.ofEpochDay(heap.longs()[row]));
                    case TIMESTAMP -> appender.append(LocalDateTime.ofInstant(Cells.moment(heap.longs()[row]), ZoneOffset.UTC));
                }
            }
            appender.endRow();
        }
    }

    private static String sqlType(ColumnType type) {
        return switch (type) {
            case F64 -> "double";
            case I64 -> "bigint";
            case BOOL -> "boolean";
            case TEXT, CATEGORY -> "varchar";
            case DATE -> "date";
            case TIMESTAMP -> "timestamp";
        };
    }

    private static String quoted(String name) { return '"' + name.replace("\"", "\"\"") + '"'; }

    /** Runs a statement without a result; each {@code ?} is a parameter, in order. @throws FrameException with DuckDB's words if it is refused */
    public void execute(String sql, Object... parameters) {
        try (var statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) statement.setObject(i + 1, parameters[i]);
            statement.execute();
        } catch (SQLException e) {
            throw refused(e);
        }
    }

    /** The result of a query; each {@code ?} is a parameter, in order. @throws FrameException with DuckDB's words if it is refused */
    public Frame query(String sql, Object... parameters) {
        try {
            return frame(sql, parameters);
        } catch (SQLException e) {
            throw refused(e);
        }
    }

    private static FrameException refused(SQLException e) {
        var refused = new FrameException("DuckDB: " + firstLine(e));
        refused.initCause(e);
        return refused;
    }

    private Frame frame(String sql, Object... parameters) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) statement.setObject(i + 1, parameters[i]);
            try (var rows = statement.executeQuery()) {
                return frame(rows);
            }
        }
    }

    private static Frame frame(ResultSet rows) throws SQLException {
        var meta = rows.getMetaData();
        var builders = new ArrayList<ColumnBuilder>();
        for (int c = 1; c <= meta.getColumnCount(); c++) builders.add(new ColumnBuilder(meta.getColumnLabel(c), type(meta, c)));
        while (rows.next()) for (int c = 0; c < builders.size(); c++) add(rows, c + 1, builders.get(c));
        return Frame.of(builders.stream().map(ColumnBuilder::build).toList());
    }

    private static ColumnType type(ResultSetMetaData meta, int c) throws SQLException {
        var name = meta.getColumnTypeName(c).toUpperCase(Locale.ROOT);
        if (name.startsWith("ENUM")) return ColumnType.CATEGORY;
        if (name.startsWith("TIMESTAMP")) return ColumnType.TIMESTAMP;
        if (name.equals("UBIGINT") || name.equals("HUGEINT") || name.equals("UHUGEINT") || name.equals("UINTEGER")) return ColumnType.I64;
        return switch (meta.getColumnType(c)) {
            case Types.BOOLEAN -> ColumnType.BOOL;
            case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT -> ColumnType.I64;
            case Types.REAL, Types.FLOAT, Types.DOUBLE, Types.DECIMAL, Types.NUMERIC -> ColumnType.F64;
            case Types.VARCHAR -> ColumnType.TEXT;
            case Types.DATE -> ColumnType.DATE;
            default -> throw new FrameException(
                    "DuckDB: column '" + meta.getColumnLabel(c) + "' is " + name + ", which a frame does not have; cast it to varchar");
        };
    }

    private static void add(ResultSet rows, int c, ColumnBuilder to) throws SQLException {
        switch (to.type()) {
            case F64 -> {
                double value = rows.getDouble(c);
                if (rows.wasNull()) to.addNull();
                else to.addDouble(value);
            }
            case TEXT, CATEGORY -> to.add(rows.getString(c));
            case DATE -> to.add(rows.getObject(c, LocalDate.class));
            case TIMESTAMP -> to.add(rows.getObject(c) == null ? null : moment(rows, c));
            default -> to.add(whole(rows.getObject(c), c));
        }
    }

    private static Instant moment(ResultSet rows, int c) throws SQLException {
        if (rows.getMetaData().getColumnTypeName(c).toUpperCase(Locale.ROOT).contains("ZONE"))
            return rows.getObject(c, OffsetDateTime.class).toInstant();
        return rows.getObject(c, LocalDateTime.class).toInstant(ZoneOffset.UTC);
    }

    /** Sums of whole numbers have 128 bits in DuckDB. */
    private static Object whole(Object value, int c) {
        try {
            return value instanceof BigInteger big ? (Object) big.longValueExact()
                    : value instanceof BigDecimal decimal ? decimal.longValueExact() : value;
        } catch (ArithmeticException e) {
            throw new FrameException("DuckDB: " + value + " in column " + c + " has more than 64 bits; cast it to double or varchar");
        }
    }

    private static String firstLine(SQLException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage().lines().findFirst().orElse("");
    }

    @Override public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new LyceumException("DuckDB: cannot close: " + firstLine(e), e);
        }
    }
}
