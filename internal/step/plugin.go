package step

// pluginStep is the setting that names the step where a container is started
// without arguments: a plugin of Woodpecker or Drone, a pipe of Bitbucket.
const pluginStep = "PLUGIN_STEP"

// chosen finds the step that the arguments name, or without any the setting,
// which is a step's name and no more: its inputs are settings too.
func (p *Program) chosen(proc Process) (*Step, []string, error) {
	name := proc.Getenv(pluginStep)
	if len(proc.Args) > 0 || name == "" || len(p.Steps) == 1 {
		s, args, err := p.choose(proc.Args)
		if err == nil && s != nil {
			err = p.misspelt(proc.Dir, s, args)
		}
		return s, args, err
	}
	for i := range p.Steps {
		if p.Steps[i].Name == name {
			return &p.Steps[i], nil, nil
		}
	}
	return nil, nil, Errorf(Misused, "%s: no step is called %.100q%s", pluginStep, name, p.meant(name))
}
