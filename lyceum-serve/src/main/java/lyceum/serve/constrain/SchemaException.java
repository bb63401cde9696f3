package lyceum.serve.constrain;

/** A JSON schema asks for what a grammar cannot promise, or is none. */
public final class SchemaException extends IllegalArgumentException {
    private final String path;

    SchemaException(String path, String problem) {
        super("JSON schema, at " + path + ": " + problem);
        this.path = path;
    }

    /** Of the keyword, as {@code #/properties/age/not}. */
    public String path() { return path; }
}
