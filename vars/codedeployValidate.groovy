// Made by go run ./internal/gen from the step's Inputs and Outputs.
// Check the AppSpec and the revision around it.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'validate',
        inputs: [
            format: 'text',
            outputs: 'text',
            dotenv: 'text',
            verbose: 'text',
            source: 'lines',
            appspec: 'text',
            report: 'list',
            severity: 'text',
            ignore: 'list',
            explain: 'text',
            fix: 'text',
            dryRun: 'text',
            platform: 'text',
            spacing: 'text',
            targetSystem: 'text',
            deploymentType: 'text',
            targetUsers: 'list',
            targetGroups: 'list',
            targetContainers: 'list',
            noTestListener: 'text',
            include: 'list',
            exclude: 'list',
            linksOutside: 'text',
            followLinks: 'text',
        ],
        outputs: [:],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps validate', script: 'exec codedeploy-steps validate', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps validate', script: '@codedeploy-steps validate', returnStatus: true)
    }
}
