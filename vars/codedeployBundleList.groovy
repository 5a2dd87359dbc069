// Made by go run ./internal/gen from the step's Inputs and Outputs.
// List what a bundle holds, or what one of a folder would.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'bundle list',
        inputs: [
            format: 'text',
            outputs: 'text',
            dotenv: 'text',
            verbose: 'text',
            include: 'list',
            exclude: 'list',
            linksOutside: 'text',
            followLinks: 'text',
            source: 'text',
            largest: 'text',
        ],
        outputs: [:],
    ])
}
