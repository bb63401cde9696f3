package lyceum.labs;

/** A parameter that the lab does not have, or a value outside its bounds. */
public class LabParameterException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    /** The parameter's name, as it was given. */
    private final String parameter;

    /** Names the parameter, and says in one sentence what is wrong and what is allowed. */
    public LabParameterException(String parameter, String message) {
        super(message);
        this.parameter = parameter;
    }

    /** The parameter's name, as it was given. */
    public String parameter() { return parameter; }
}
